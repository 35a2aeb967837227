"""The documents of an installation for its backups: where ``DOCUMENT_STORE`` says that they lie."""

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

from gateway_cli.connections import REQUEST_TIMEOUT_S
from gateway_cli.installation import Installation, Misused

if TYPE_CHECKING:
    from nats.aio.client import Client

    from gateway_kit.backup.copies import Copies

_STORE: Final = "DOCUMENT_STORE"
_REGION: Final = "us-east-1"


@contextlib.asynccontextmanager
async def copies_of(installation: Installation, bus: "Client") -> "AsyncIterator[Copies]":
    """Documents in the broker, or in the bucket of the variables ``S3_…``.

    Raises:
        Misused: another store is named, or a variable is missing.
    """
    store = installation.optional(_STORE) or "nats"
    if store == "nats":
        from gateway_kit.nats.document_copies import DocumentCopies

        yield DocumentCopies(bus.jetstream(timeout=REQUEST_TIMEOUT_S))
        return
    if store != "s3":
        raise Misused(f"{_STORE} is nats or s3.")
    from gateway_kit.backup.copies import BucketCopies
    from gateway_kit.s3_bucket import S3Access, S3Bucket
    from gateway_kit.s3_documents import OBJECT_BYTES_MAX

    access = S3Access(
        endpoint=installation.value("S3_ENDPOINT"),
        bucket=installation.value("S3_BUCKET"),
        region=installation.optional("S3_REGION") or _REGION,
        access_key_id=installation.value("S3_ACCESS_KEY_ID"),
        secret_access_key=installation.value("S3_SECRET_ACCESS_KEY"),
    )
    bucket = S3Bucket(access, object_bytes_max=OBJECT_BYTES_MAX)
    try:
        yield BucketCopies(bucket)
    finally:
        await bucket.aclose()
