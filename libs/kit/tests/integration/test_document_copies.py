"""Copies of documents for backups: the same behavior in the broker and in a bucket, on real servers."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio
from nats.aio.client import Client

from gateway_contracts.errors import Transient
from gateway_kit.backup.copies import BucketCopies, Copies
from gateway_kit.backup.errors import BackupError
from gateway_kit.document_stores import DocumentStore
from gateway_kit.nats.document_copies import DocumentCopies
from gateway_kit.nats.documents import NatsDocumentStore, new_content_key
from gateway_kit.nats.topology import apply_topology
from gateway_kit.s3_bucket import S3Access, S3Bucket
from gateway_kit.s3_documents import OBJECT_BYTES_MAX, S3DocumentStore
from gateway_testkit.s3_server import S3Server, running_s3, why_missing
from gateway_testkit.servers import running_nats

pytestmark = pytest.mark.integration

NAMES = [f"invoices/65a50000000000000000000{number}/{number:064x}.pdf" for number in range(5)]
LISTED = 2


@dataclass
class Place:
    """A store of documents and its copies."""

    store: DocumentStore
    copies: Copies


class CopiesConformance:
    """Behavior that a backup relies on."""

    async def test_every_document_is_named_once(self, place: Place) -> None:
        for name in NAMES:
            await place.store.put(name, b"%PDF", new_content_key())
        await place.store.put(NAMES[0], b"%PDF again", new_content_key())

        assert sorted([name async for name in place.copies.names()]) == NAMES

    async def test_an_empty_store_names_nothing(self, place: Place) -> None:
        assert [name async for name in place.copies.names()] == []

    async def test_a_copy_is_encrypted_and_opens_where_it_is_put_back(self, place: Place) -> None:
        name, key = NAMES[0], new_content_key()
        await place.store.put(name, b"%PDF Erika", key)
        copy = await place.copies.read(name)
        assert b"Erika" not in copy
        await place.store.put(name, b"%PDF of a later key", new_content_key())

        await place.copies.write(name, copy)

        assert await place.store.get(name, key) == b"%PDF Erika"


class TestInTheBroker(CopiesConformance):
    """The object store of JetStream."""

    @pytest_asyncio.fixture
    async def place(self, tmp_path: Path) -> AsyncIterator[Place]:
        with running_nats("binaries", tmp_path) as server:
            client = Client()
            await client.connect(server.url)
            await apply_topology(client)
            js = client.jetstream(timeout=30)
            yield Place(NatsDocumentStore(js), DocumentCopies(js))
            await client.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[S3Server]:
    if reason := why_missing():
        pytest.skip(reason)
    with running_s3(tmp_path) as running:
        yield running


def access(server: S3Server) -> S3Access:
    return S3Access(server.endpoint, server.bucket, "us-east-1", server.access_key_id, server.secret_access_key)


class TestInABucket(CopiesConformance):
    """A server of that protocol, whose lists have several pages."""

    @pytest_asyncio.fixture
    async def place(self, server: S3Server) -> AsyncIterator[Place]:
        store = S3DocumentStore(access(server))
        bucket = S3Bucket(access(server), object_bytes_max=OBJECT_BYTES_MAX, listed=LISTED)
        yield Place(store, BucketCopies(bucket))
        await bucket.aclose()
        await store.aclose()

    async def test_a_document_that_is_gone_ends_the_backup(self, place: Place) -> None:
        with pytest.raises(BackupError, match="was removed"):
            await place.copies.read(NAMES[0])


async def test_a_list_that_is_refused_is_no_empty_bucket(server: S3Server) -> None:
    for wrong in ({"secret_access_key": "another"}, {"bucket": "elsewhere"}):
        bucket = S3Bucket(replace(access(server), **wrong), object_bytes_max=OBJECT_BYTES_MAX)
        with pytest.raises(Transient):
            [name async for name in bucket.names()]
        await bucket.aclose()


async def test_a_passing_fault_does_not_end_a_backup(monkeypatch: pytest.MonkeyPatch) -> None:
    class Shaky:
        """Fails at the first try of each request."""

        tries = 0
        kept: bytes | None = None

        async def get(self, name: str) -> bytes | None:
            self.fail()
            return self.kept

        async def put(self, name: str, data: bytes) -> None:
            self.fail()
            self.kept = data

        def fail(self) -> None:
            self.tries += 1
            if self.tries % 2:
                raise Transient("not now")

    monkeypatch.setattr("gateway_kit.backup.copies._PAUSES_S", (0.0, 0.0))
    copies = BucketCopies(Shaky())  # type: ignore[arg-type]  # what it calls

    await copies.write("a", b"x")

    assert await copies.read("a") == b"x"
