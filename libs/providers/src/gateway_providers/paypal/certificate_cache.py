"""Certificates by address, in two parts: those that verified a genuine webhook, and those that did not yet.

Strangers can name any address, so they fill the second part only; nothing there pushes out what is in the first. An
address gets into the first part only in the form that PayPal uses, because the same certificate answers at many.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

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
    """

    def __init__(self, origins: Iterable[str]) -> None:
        self._origins = HOSTS | frozenset(origins)
        self._proven: OrderedDict[str, Kept] = OrderedDict()
        self._unproven: OrderedDict[str, Kept] = OrderedDict()
        self._refused: OrderedDict[str, float] = OrderedDict()

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
        if url in self._proven:
            self._proven[url] = kept
            return
        _keep(self._unproven, url, kept, UNPROVEN_MAX)

    def prove(self, url: str) -> None:
        """It verified a genuine webhook."""
        if url in self._proven:
            self._proven.move_to_end(url)
        elif self.is_usual(url) and (kept := self._unproven.pop(url, None)) is not None:
            _keep(self._proven, url, kept, PROVEN_MAX)

    def refuse(self, url: str, now: float) -> None:
        """There is no good certificate; a proven address stays what it was."""
        self._unproven.pop(url, None)
        _keep(self._refused, url, now + REFUSED_S, REFUSED_MAX)

    def is_refused(self, url: str, now: float) -> bool:
        """Whether it gave nothing a moment ago."""
        return self._refused.get(url, 0.0) > now


def _keep(part: "OrderedDict[str, Kept] | OrderedDict[str, float]", url: str, value: object, at_most: int) -> None:
    part[url] = value  # type: ignore[assignment]  # each part gets its own kind of value
    part.move_to_end(url)
    if len(part) > at_most:
        part.popitem(last=False)
