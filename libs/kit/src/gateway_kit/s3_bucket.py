"""One bucket of an S3-compatible server: objects addressed by path, requests signed by botocore."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote
from xml.etree import ElementTree

import aiohttp
from yarl import URL

from gateway_contracts.errors import Transient
from gateway_kit.logging import get_logger

log = get_logger(__name__)

DEADLINE_S: Final = 30.0
CONNECT_S: Final = 4.0
LISTED: Final = 1_000
"""Names of one page of a list, the most that servers give."""
_LIST_BYTES_MAX: Final = 8 * 1024 * 1024
_REPLY_BYTES_MAX: Final = 64 * 1024
"""Of an answer that brings no object."""
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


class S3Bucket:
    """A bucket that exists. Close it with `aclose`.

    Every method may raise `Transient`: the server does not answer now, or not as it should.

    Args:
        object_bytes_max: of an object; a larger one is no object of ours.
        listed: names of one page of a list.
    """

    def __init__(self, access: S3Access, *, object_bytes_max: int, listed: int = LISTED) -> None:
        self._base = f"{access.endpoint.rstrip('/')}/{quote(access.bucket, safe='')}"
        self._access = access
        self._object_bytes_max = object_bytes_max
        self._listed = listed
        self._sign: Sign | None = None
        self._session: aiohttp.ClientSession | None = None

    async def put(self, name: str, data: bytes) -> None:
        """Store under the name, replacing what was there."""
        await self._call("PUT", self._url(name), data)

    async def get(self, name: str) -> bytes | None:
        """The object; None where there is none."""
        return await self._call("GET", self._url(name), bytes_max=self._object_bytes_max)

    async def has(self, name: str) -> bool:
        """Whether there is an object of that name."""
        return await self._call("HEAD", self._url(name)) is not None

    async def names(self) -> AsyncIterator[str]:
        """Of all objects, page by page: there may be millions."""
        token = ""
        while True:
            further = f"continuation-token={quote(token, safe='')}&" if token else ""
            url = f"{self._base}?{further}list-type=2&max-keys={self._listed}"
            page = await self._call("GET", url, bytes_max=_LIST_BYTES_MAX)
            if page is None:
                raise unavailable("no such bucket")
            found, token = _read_page(page)
            for name in found:
                yield name
            if not token:
                return

    async def aclose(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _url(self, name: str) -> str:
        return f"{self._base}/{quote(name, safe='/')}"

    async def _call(self, method: str, url: str, body: bytes = b"", *, bytes_max: int = 0) -> bytes | None:
        """The answer's body; None where there is no such object."""
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
                        raise unavailable(f"status {response.status}")
                    return await _read(response, bytes_max if method == "GET" else _REPLY_BYTES_MAX)
        except _FAILURES as exc:
            raise unavailable(type(exc).__name__) from exc

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


def unavailable(reason: str) -> Transient:
    """The error of a server that does not answer as it should."""
    log.warning("documents.s3_failed", reason=reason)
    return Transient("the document store does not answer as it should", code="DOCUMENT_STORE_UNAVAILABLE")


def _read_page(page: bytes) -> tuple[list[str], str]:
    """Names, and what the next page is asked for with; empty after the last."""
    try:
        root = ElementTree.fromstring(page)  # noqa: S314  # the operator's own server, and a bounded answer
    except ElementTree.ParseError as exc:
        raise unavailable("a list that is no XML") from exc
    names = [found.text or "" for found in root.iterfind("{*}Contents/{*}Key")]
    if root.findtext("{*}IsTruncated") != "true":
        return names, ""
    token = root.findtext("{*}NextContinuationToken")
    if not token:
        # As the last page, it would silently leave documents out of a backup.
        raise unavailable("a list that does not say how it goes on")
    return names, token


async def _read(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    """The body, whether or not its length was announced."""
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > bytes_max:
            raise unavailable("an object that is no document")
    return bytes(body)


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
