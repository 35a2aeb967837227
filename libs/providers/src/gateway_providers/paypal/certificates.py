"""The certificates that PayPal signs its webhooks with: fetched from PayPal only, checked up to a known root, kept.

The address comes in a header that anyone can write, so it decides nothing: only https on a host of paypal.com is
asked, and whatever comes from there must be a certificate for such a host that a public authority vouches for.
"""

import asyncio
import contextlib
import re
import ssl
import time
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import certifi
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtensionOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from gateway_contracts.errors import Transient
from gateway_providers.errors import SignatureInvalid, unavailable
from gateway_providers.events import NO_SENDER, Places, Sender
from gateway_providers.paypal.certificate_cache import CertificateCache, Kept

DOMAIN: Final = ".paypal.com"
KEPT_S: Final = 12 * 3600.0
# A proven certificate is used this much longer while it cannot be fetched again; its own dates count all the time.
STALE_S: Final = 24 * 3600.0
FETCHES_MAX: Final = 4
_TIMEOUT_S: Final = 4.0
_BYTES_MAX: Final = 64 * 1024
_CHAIN_MAX: Final = 8
_NOTHING_THERE: Final = frozenset({400, 404, 410})
_URL_MAX: Final = 512
_PEM: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)

Fetch = Callable[[str], Awaitable[bytes]]
"""The bytes behind an address; raises aiohttp.ClientError, TimeoutError or OSError."""


class NotThere(aiohttp.ClientError):
    """The host says that there is nothing at this address, and will say so again."""


class FewPlaces:
    """So many in all, for a process with one sender."""

    def __init__(self, total: int = FETCHES_MAX) -> None:
        self._free = total

    @contextlib.asynccontextmanager
    async def place(self, sender: Sender, *, is_known: bool) -> AsyncIterator[None]:
        """See the port."""
        if self._free == 0:
            raise Transient("too many certificates are being fetched", code="OVERLOADED")
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


class Certificates:
    """Certificates by address; `have_ready` fetches, `key_of` gives the public key of one that is ready.

    Args:
        origins: further origins that may hold certificates, such as a simulator's; their chains end in their own root.
            Empty in production.
        places: for fetches.
    """

    def __init__(
        self,
        origins: Iterable[str] = (),
        *,
        fetch: Fetch | None = None,
        roots: Callable[[], Sequence[x509.Certificate]] | None = None,
        places: Places | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._origins = frozenset(origin.rstrip("/") for origin in origins if origin)
        self._places = places or FewPlaces()
        self._fetch = fetch or _fetch
        self._roots = roots or _public_roots
        self._monotonic = monotonic
        self._cache = CertificateCache(self._origins, monotonic)
        self._fetching: dict[tuple[str, bool], asyncio.Future[None]] = {}
        self._store: Store | None = None

    async def have_ready(self, url: str, sender: Sender = NO_SENDER) -> None:
        """Fetch the certificate unless it is here.

        Raises:
            SignatureInvalid: not an address of PayPal (nothing was fetched), or no certificate behind it.
            Transient: PayPal was not reached, or too many addresses are being asked.
        """
        kept, now = self._cache.get(url), self._monotonic()
        if kept is not None and kept.until > now:
            return
        is_vouched_for = self._check_address(url)
        if self._cache.is_refused(url) and not self._cache.is_proven(url):
            raise SignatureInvalid("no certificate was found there")
        is_known = sender.is_proven or self._cache.is_proven(url)
        # One in a stranger's waiting line is not waited for by those who need not wait.
        fetch = (url, is_known)
        if (running := self._fetching.get(fetch)) is None:
            running = asyncio.ensure_future(self._load(url, sender, is_known, is_vouched_for=is_vouched_for))
            self._fetching[fetch] = running
            running.add_done_callback(lambda _: self._fetching.pop(fetch, None))
        try:
            await asyncio.shield(running)
        except Transient:
            if kept is None or not self._cache.is_proven(url) or kept.until + STALE_S < now:
                raise

    def proved(self, url: str) -> None:
        """A webhook was verified with this certificate: strangers do not push it out any more."""
        self._cache.prove(url)

    def key_of(self, url: str, now: datetime) -> RSAPublicKey:
        """The key of the certificate, whose chain, name and dates are good at ``now``.

        Raises:
            SignatureInvalid: they are not, or the certificate was never made ready.
        """
        kept = self._cache.get(url)
        if kept is None:
            raise SignatureInvalid("the certificate is not here")
        if kept.key is not None and kept.valid_from is not None and kept.valid_to is not None:
            if kept.valid_from <= now <= kept.valid_to:
                return kept.key
            raise SignatureInvalid("the certificate is not valid at this time")
        try:
            self._verify(kept, now)
        except SignatureInvalid:
            self._cache.refuse(url)
            raise
        assert kept.key is not None
        return kept.key

    def _check_address(self, url: str) -> bool:
        """Whether the address belongs to a configured origin; PayPal's own otherwise."""
        if len(url) > _URL_MAX or not url.isascii() or not url.isprintable() or any(c in url for c in " \\@#"):
            raise SignatureInvalid("no usable certificate address")
        try:
            parts = urlsplit(url)
            port, host = parts.port, (parts.hostname or "").lower()
        except ValueError as exc:
            raise SignatureInvalid("no usable certificate address") from exc
        if f"{parts.scheme}://{parts.netloc}" in self._origins:
            return True
        if parts.scheme != "https" or port not in (None, 443) or not host.endswith(DOMAIN):
            raise SignatureInvalid("the certificate is not at PayPal")
        return False

    async def _load(self, url: str, sender: Sender, is_known: bool, *, is_vouched_for: bool) -> None:
        if not self._cache.is_usual(url):
            # Others than PayPal's usual addresses share one place.
            sender = Sender("unusual address")
        try:
            async with self._places.place(sender, is_known=is_known), asyncio.timeout(_TIMEOUT_S):
                found = await self._fetch(url)
            chain = x509.load_pem_x509_certificates(found)
        except (NotThere, ValueError) as exc:
            self._cache.refuse(url)
            raise SignatureInvalid("no certificate was found there") from exc
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            raise unavailable(f"the certificate cannot be fetched: {type(exc).__name__}") from exc
        if len(chain) > _CHAIN_MAX:
            self._cache.refuse(url)
            raise SignatureInvalid("the certificate's chain is too long")
        self._cache.put(url, Kept(chain, self._monotonic() + KEPT_S, is_vouched_for))

    def _verify(self, kept: Kept, now: datetime) -> None:
        leaf, *others = kept.chain
        key = leaf.public_key()
        if not isinstance(key, RSAPublicKey):
            raise SignatureInvalid("the certificate has no RSA key")
        store = Store([others[-1]]) if kept.is_vouched_for and others else self._public_store()
        verifier = PolicyBuilder().store(store).time(now).build_server_verifier(x509.DNSName(_name_of(leaf)))
        try:
            chain = verifier.verify(leaf, others)
        except VerificationError as exc:
            raise SignatureInvalid(f"the certificate is not trusted: {exc}") from exc
        kept.valid_from = max(certificate.not_valid_before_utc for certificate in chain)
        kept.valid_to = min(certificate.not_valid_after_utc for certificate in chain)
        kept.key = key

    def _public_store(self) -> Store:
        if self._store is None:
            self._store = Store(list(self._roots()))
        return self._store


def _name_of(leaf: x509.Certificate) -> str:
    """The name at PayPal that the certificate is for.

    Raises:
        SignatureInvalid: it is for another recipient.
    """
    try:
        names = leaf.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    except (x509.ExtensionNotFound, ValueError) as exc:
        raise SignatureInvalid("the certificate has no name") from exc
    assert isinstance(names, x509.SubjectAlternativeName)
    ours = [name for name in names.get_values_for_type(x509.DNSName) if name.lower().endswith(DOMAIN)]
    exact = [name for name in ours if "*" not in name]
    if not exact:
        raise SignatureInvalid("the certificate is not PayPal's")
    return exact[0]


def _public_roots() -> list[x509.Certificate]:
    """Well-formed roots only: a few old ones break the rules for serial numbers, and none of them is needed."""
    roots = []
    with warnings.catch_warnings():
        warnings.simplefilter("error", CryptographyDeprecationWarning)
        for pem in _PEM.findall(Path(certifi.where()).read_bytes()):
            with contextlib.suppress(CryptographyDeprecationWarning, ValueError):
                roots.append(x509.load_pem_x509_certificate(pem))
    return roots


async def _fetch(url: str) -> bytes:
    """Straight from its address: no redirect, no proxy, no cookie, and not more than a certificate needs."""
    context = ssl.create_default_context(cafile=certifi.where())
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False) as session,
        session.get(url, allow_redirects=False, ssl=context) as response,
    ):
        if response.status in _NOTHING_THERE:
            raise NotThere(f"status {response.status}")
        if response.status != 200:
            raise aiohttp.ClientError(f"status {response.status}")
        found = bytearray()
        async for chunk in response.content.iter_chunked(16 * 1024):
            found += chunk
            if len(found) > _BYTES_MAX:
                return b""
        return bytes(found)
