"""Both document stores on real servers."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from document_store_conformance import NAME, PDF, DocumentStoreConformance
from nats.aio.client import Client

from gateway_contracts.errors import Transient
from gateway_embedded.servers.process import free_port
from gateway_kit.nats.documents import NatsDocumentStore, new_content_key
from gateway_kit.nats.topology import apply_topology
from gateway_kit.s3_bucket import S3Access
from gateway_kit.s3_documents import S3DocumentStore
from gateway_testkit.s3_server import S3Server, running_s3, why_missing
from gateway_testkit.servers import running_nats

pytestmark = pytest.mark.integration


class TestInTheBroker(DocumentStoreConformance):
    """The object store of JetStream."""

    @pytest_asyncio.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[NatsDocumentStore]:
        with running_nats("binaries", tmp_path) as server:
            client = Client()
            await client.connect(server.url)
            await apply_topology(client)
            yield NatsDocumentStore(client.jetstream(timeout=30))
            await client.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    if reason := why_missing():
        pytest.skip(reason)
    with running_s3(tmp_path_factory.mktemp("s3")) as running:
        yield running


def access(server: S3Server) -> S3Access:
    return S3Access(server.endpoint, server.bucket, "us-east-1", server.access_key_id, server.secret_access_key)


class TestInAnS3Bucket(DocumentStoreConformance):
    """A server of that protocol."""

    @pytest_asyncio.fixture
    async def store(self, server: S3Server) -> AsyncIterator[S3DocumentStore]:
        store = S3DocumentStore(access(server))
        yield store
        await store.aclose()

    async def test_what_lies_there_tells_nothing(self, store: S3DocumentStore, server: S3Server) -> None:
        await store.put(NAME, PDF, new_content_key())

        assert b"Erika" not in (server.folder / NAME).read_bytes()

    async def test_wrong_credentials_are_no_missing_document(self, server: S3Server) -> None:
        store = S3DocumentStore(replace(access(server), secret_access_key="another"))

        for asked in (store.has(NAME), store.get(NAME, new_content_key()), store.put(NAME, PDF, new_content_key())):
            with pytest.raises(Transient) as refused:
                await asked
            assert refused.value.code == "DOCUMENT_STORE_UNAVAILABLE"
        await store.aclose()

    async def test_a_missing_bucket_stores_nothing(self, server: S3Server) -> None:
        store = S3DocumentStore(replace(access(server), bucket="elsewhere"))

        with pytest.raises(Transient):
            await store.put(NAME, PDF, new_content_key())
        await store.aclose()


async def test_a_server_that_is_away_is_a_passing_fault() -> None:
    store = S3DocumentStore(S3Access(f"http://127.0.0.1:{free_port()}", "b", "us-east-1", "key", "secret"))

    with pytest.raises(Transient):
        await store.has(NAME)
    await store.aclose()


def test_credentials_are_not_shown() -> None:
    assert "secret" not in repr(S3Access("http://x", "b", "r", "key", "secret"))
