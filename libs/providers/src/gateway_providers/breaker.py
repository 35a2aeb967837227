"""A circuit breaker per provider account: an account whose provider does not answer is left alone for a moment."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from cachetools import LRUCache

from gateway_providers.errors import ProviderBusy

# Five failures in a row are no accident; ten seconds are short enough for a customer who tries again.
FAILURES_MAX: Final = 5
OPEN_S: Final = 10.0
# Each look that fails doubles the pause, up to this.
OPEN_S_MAX: Final = 60.0
# Accounts without a failure are not kept, so this is reached only when thousands fail at once; the
# one that was used longest ago is forgotten.
ACCOUNTS_MAX: Final = 10_000


@dataclass
class _Circuit:
    failures: int = 0
    opened_at: float = 0.0
    pause_s: float = OPEN_S
    is_probing: bool = False


@dataclass
class Breaker:
    """Counts consecutive failures per key (transport faults and 5xx, never refusals).

    After `FAILURES_MAX` it refuses for `OPEN_S`, then lets one call through to see. While that fails, the pause grows
    up to `OPEN_S_MAX`.
    """

    monotonic: Callable[[], float] = time.monotonic
    _circuits: "LRUCache[str, _Circuit]" = field(default_factory=lambda: LRUCache(ACCOUNTS_MAX))

    def enter(self, key: str) -> None:
        """Ask before a call; every call that was let in ends with `succeeded`, `failed` or `abandoned`.

        Raises:
            ProviderBusy: the circuit is open; nothing was sent.
        """
        circuit = self._circuits.get(key)
        if circuit is None or circuit.failures < FAILURES_MAX:
            return
        left_s = circuit.opened_at + circuit.pause_s - self.monotonic()
        if left_s > 0 or circuit.is_probing:
            message = "the provider does not answer at the moment"
            raise ProviderBusy(message, retry_after_s=max(1, round(left_s)))
        circuit.is_probing = True

    def succeeded(self, key: str) -> None:
        """The provider answered."""
        self._circuits.pop(key, None)

    def failed(self, key: str) -> None:
        """It did not answer, or answered with a fault of its own."""
        circuit = self._circuits.setdefault(key, _Circuit())
        if circuit.is_probing:
            circuit.pause_s = min(circuit.pause_s * 2, OPEN_S_MAX)
        circuit.failures += 1
        circuit.is_probing = False
        circuit.opened_at = self.monotonic()

    def abandoned(self, key: str) -> None:
        """The caller gave up before an answer; says nothing about the provider."""
        circuit = self._circuits.get(key)
        if circuit is not None:
            circuit.is_probing = False
