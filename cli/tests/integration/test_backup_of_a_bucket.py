"""A backup of an installation whose documents lie in a bucket, put back into another bucket and into the broker."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from command_line import Operator
from nats.aio.client import Client

from gateway_kit.nats.documents import NatsDocumentStore, new_content_key
from gateway_kit.s3_bucket import S3Access
from gateway_kit.s3_documents import S3DocumentStore
from gateway_testkit.parts import Parts, parts_in
from gateway_testkit.s3_server import S3Server, running_s3, why_missing

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

NAMES: Final = tuple(f"invoices/65a500000000000000000001/{number:064x}.pdf" for number in range(3))
KEY: Final = new_content_key()


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    if reason := why_missing():
        pytest.skip(reason)
    with parts_in(tmp_path_factory.mktemp("servers")) as parts:
        yield parts


@pytest.fixture
def server(tmp_path: Path) -> Iterator[S3Server]:
    with running_s3(tmp_path) as running:
        yield running


@pytest_asyncio.fixture
async def shelf(server: S3Server) -> AsyncIterator[S3DocumentStore]:
    access = S3Access(server.endpoint, server.bucket, "us-east-1", server.access_key_id, server.secret_access_key)
    store = S3DocumentStore(access)
    for name in NAMES:
        await store.put(name, name.encode(), KEY)
    yield store
    await store.aclose()


def operator_of(parts: Parts, server: S3Server) -> Operator:
    return Operator(
        parts.env.operator()
        | {
            "GATEWAY_BACKUP_PASSPHRASE": "correct horse battery staple",
            "DOCUMENT_STORE": "s3",
            "S3_ENDPOINT": server.endpoint,
            "S3_BUCKET": server.bucket,
            "S3_ACCESS_KEY_ID": server.access_key_id,
            "S3_SECRET_ACCESS_KEY": server.secret_access_key,
        }
    )


async def test_documents_go_from_bucket_to_bucket_and_to_the_broker(
    parts: Parts, server: S3Server, shelf: S3DocumentStore, tmp_path: Path
) -> None:
    operator, file = operator_of(parts, server), tmp_path / "gateway.backup"
    made = await operator.json("backup", str(file))
    assert made["documents"] == len(NAMES)
    # One is lost, one was made anew under another key, one is of a later moment.
    (server.folder / NAMES[0]).unlink()
    await shelf.put(NAMES[1], b"later", new_content_key())
    await shelf.put("invoices/later.pdf", b"later", KEY)

    restored = await operator.json("restore", str(file), "--replace", "--yes")

    assert restored["problems"] == []
    for name in NAMES:
        assert await shelf.get(name, KEY) == name.encode()
    assert await shelf.get("invoices/later.pdf", KEY) == b"later"

    await operator.json("restore", str(file), "--replace", "--yes", DOCUMENT_STORE="nats")
    variables = parts.env.operator()
    client = Client()
    await client.connect(variables["NATS_URL"], user=variables["NATS_USER"], password=variables["NATS_PASSWORD"])
    broker = NatsDocumentStore(client.jetstream())
    for name in NAMES:
        assert await broker.get(name, KEY) == name.encode()
    await client.close()


async def test_a_bucket_with_a_backup_of_its_own_is_left_out(
    parts: Parts, server: S3Server, shelf: S3DocumentStore, tmp_path: Path
) -> None:
    operator = operator_of(parts, server)
    made = await operator.json("backup", str(tmp_path / "small.backup"), "--without-documents")
    assert made["documents"] == 0
    assert made["rows"] > 0


async def test_what_is_missing_or_wrong_is_said(parts: Parts, server: S3Server, tmp_path: Path) -> None:
    operator, file = operator_of(parts, server), str(tmp_path / "none.backup")
    missing = await operator.run("backup", file, S3_BUCKET="")
    assert (missing.exit_code, "S3_BUCKET is not set" in missing.stderr) == (2, True)
    unknown = await operator.run("backup", file, DOCUMENT_STORE="disk")
    assert (unknown.exit_code, "DOCUMENT_STORE is nats or s3." in unknown.stderr) == (2, True)
    refused = await operator.run("backup", file, S3_SECRET_ACCESS_KEY="another")
    assert refused.exit_code == 1
    assert not (tmp_path / "none.backup").exists()
