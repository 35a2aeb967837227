"""The document store on an S3-compatible server: the same encrypted objects, addressed by path, signed by botocore."""

import asyncio
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

import aiohttp
from yarl import URL

from gateway_contracts.errors import NotFound, TooLarge, Transient
from gateway_kit.logging import get_logger
from gateway_kit.nats.documents import DOCUMENT_BYTES_MAX, open_document, seal_document

log = get_logger(__name__)

DEADLINE_S: Final = 30.0
CONNECT_S: Final = 4.0
_SEAL_BYTES: Final = 64
"""Of an encrypted object beyond its document: nonce and tag."""
_FAILURES: Final = (aiohttp.ClientError, OSError, TimeoutError)

Sign = Callable[[str, str, bytes], Mapping[str, str]]


@dataclass(frozen=True)
class S3Access:
    """Where the bucket is, and who may use it."""

    endpoint: str
    bucket: str
    region: str
    access_key_id: str
    secret_access_key: str = field(repr=False)


class S3DocumentStore:
    """Documents in one bucket, which exists. Close it with `aclose`."""

    def __init__(self, access: S3Access) -> None:
        self._base = f"{access.endpoint.rstrip('/')}/{quote(access.bucket, safe='')}"
        self._access = access
        self._sign: Sign | None = None
        self._session: aiohttp.ClientSession | None = None

    async def put(self, name: str, data: bytes, key: bytes) -> None:
        """Store under the name, replacing what was there; only the same content key opens it again.

        Raises:
            TooLarge: over `DOCUMENT_BYTES_MAX`.
            Transient: the server does not store it now.
        """
        if len(data) > DOCUMENT_BYTES_MAX:
            raise TooLarge("the document is too large", code="DOCUMENT_TOO_LARGE")
        await self._call("PUT", name, seal_document(name, data, key))

    async def get(self, name: str, key: bytes) -> bytes:
        """
        Raises:
            NotFound: no such document.
            DecryptionFailed: another document's key, changed bytes, or bytes that belong to another name.
            Transient: the server does not answer now.
        """
        found = await self._call("GET", name)
        if found is None:
            raise NotFound("no such document", code="DOCUMENT_NOT_FOUND")
        return open_document(name, found, key)

    async def has(self, name: str) -> bool:
        """Whether there is a document of that name.

        Raises:
            Transient: the server does not answer now.
        """
        return await self._call("HEAD", name) is not None

    async def aclose(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _call(self, method: str, name: str, body: bytes = b"") -> bytes | None:
        """The answer's body; None where there is no such object."""
        url = f"{self._base}/{quote(name, safe='/')}"
        try:
            async with asyncio.timeout(DEADLINE_S):
                answer = self._open().request(
                    method,
                    URL(url, encoded=True),
                    data=io.BytesIO(body) if body else None,
                    headers=self._signed(method, url, body),
                    allow_redirects=False,
                )
                async with answer as response:
                    if response.status == 404 and method != "PUT":
                        return None
                    if response.status != 200:
                        raise _unavailable(f"status {response.status}")
                    return await self._read(response)
        except _FAILURES as exc:
            raise _unavailable(type(exc).__name__) from exc

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        if (response.content_length or 0) > DOCUMENT_BYTES_MAX + _SEAL_BYTES:
            raise _unavailable("an object that is no document")
        return await response.read()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session

    def _signed(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        if self._sign is None:
            self._sign = _signer(self._access)
        return self._sign(method, url, body)


def _unavailable(reason: str) -> Transient:
    log.warning("documents.s3_failed", reason=reason)
    return Transient("the document store does not answer as it should", code="DOCUMENT_STORE_UNAVAILABLE")


def _signer(access: S3Access) -> Sign:
    # Imported here: it takes a third of a second, and most processes never talk to S3.
    from botocore.auth import S3SigV4Auth  # type: ignore[import-untyped]  # botocore has no types
    from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]  # as above
    from botocore.credentials import Credentials  # type: ignore[import-untyped]  # as above

    signer = S3SigV4Auth(Credentials(access.access_key_id, access.secret_access_key), "s3", access.region)

    def sign(method: str, url: str, body: bytes) -> Mapping[str, str]:
        # The bytes are signed, also over TLS: what arrives changed is refused by the server.
        request = AWSRequest(method=method, url=url, data=body)
        request.context["payload_signing_enabled"] = True
        signer.add_auth(request)
        return dict(request.headers.items())

    return sign
