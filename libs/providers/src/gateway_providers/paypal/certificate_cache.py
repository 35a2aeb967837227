"""Certificates by address, in two parts: those that verified a genuine webhook, and those that did not yet.

Strangers can name any address, so they fill the second part only; nothing there pushes out what is in the first. An
address gets into the first part only in the form that PayPal uses, because the same certificate answers at many.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from cachetools import FIFOCache, LRUCache, TTLCache
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

PROVEN_MAX: Final = 32
UNPROVEN_MAX: Final = 32
REFUSED_S: Final = 30.0
"""An address that gave nothing is not asked again this soon: strangers can invent addresses."""
REFUSED_MAX: Final = 1_000
HOSTS: Final = frozenset(
    f"https://{host}"
    for host in ("api.paypal.com", "api-m.paypal.com", "api.sandbox.paypal.com", "api-m.sandbox.paypal.com")
)
_PATH: Final = re.compile(r"/v1/notifications/certs/CERT-[A-Za-z0-9-]{1,80}")


@dataclass
class Kept:
    """The certificate behind one address.

    Attributes:
        until: when it is fetched again, in seconds of the cache's clock.
        is_vouched_for: by its own root instead of a public one: it comes from a host that the configuration allows.
    """

    chain: list[x509.Certificate]
    until: float
    is_vouched_for: bool
    key: RSAPublicKey | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None


class CertificateCache:
    """
    Args:
        origins: further origins whose addresses may be proven.
        monotonic: seconds of a clock that never goes back.
    """

    def __init__(self, origins: Iterable[str], monotonic: Callable[[], float]) -> None:
        self._origins = HOSTS | frozenset(origins)
        self._proven: LRUCache[str, Kept] = LRUCache(PROVEN_MAX)
        self._unproven: FIFOCache[str, Kept] = FIFOCache(UNPROVEN_MAX)
        self._refused: TTLCache[str, None] = TTLCache(REFUSED_MAX, REFUSED_S, timer=monotonic)

    def get(self, url: str) -> Kept | None:
        """The stored entry, stale or not."""
        return self._proven.get(url) or self._unproven.get(url)

    def is_proven(self, url: str) -> bool:
        """Whether a genuine webhook was verified with it."""
        return url in self._proven

    def is_usual(self, url: str) -> bool:
        """Whether PayPal's addresses look like this one."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        return origin in self._origins and url == f"{origin}{parts.path}" and _PATH.fullmatch(parts.path) is not None

    def put(self, url: str, kept: Kept) -> None:
        """Keep it, in the part where it is already."""
        part = self._proven if url in self._proven else self._unproven
        part[url] = kept

    def prove(self, url: str) -> None:
        """It verified a genuine webhook."""
        if self.is_usual(url) and (kept := self._unproven.pop(url, None)) is not None:
            self._proven[url] = kept

    def refuse(self, url: str) -> None:
        """There is no good certificate; a proven address stays what it was."""
        self._unproven.pop(url, None)
        self._refused[url] = None

    def is_refused(self, url: str) -> bool:
        """Whether it gave nothing a moment ago."""
        return url in self._refused
