"""A circuit breaker per provider account: an account whose provider does not answer is left alone for a moment."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from gateway_providers.errors import unavailable

# Five failures in a row are no accident; ten seconds are short enough for a customer who tries again.
FAILURES_MAX: Final = 5
OPEN_S: Final = 10.0
# Accounts without a failure are not kept, so this is reached only when thousands fail at once.
_ACCOUNTS_MAX: Final = 10_000


@dataclass
class _Circuit:
    failures: int = 0
    opened_at: float = 0.0
    is_probing: bool = False


@dataclass
class Breaker:
    """Counts consecutive failures per key (transport faults and 5xx, never refusals).

    After `FAILURES_MAX` it refuses for `OPEN_S`, then lets one call through to see.
    """

    monotonic: Callable[[], float] = time.monotonic
    _circuits: dict[str, _Circuit] = field(default_factory=dict)

    def enter(self, key: str) -> None:
        """Ask before a call; every call that was let in ends with `succeeded`, `failed` or `abandoned`.

        Raises:
            Transient: the circuit is open; nothing was sent.
        """
        circuit = self._circuits.get(key)
        if circuit is None or circuit.failures < FAILURES_MAX:
            return
        left_s = circuit.opened_at + OPEN_S - self.monotonic()
        if left_s > 0 or circuit.is_probing:
            raise unavailable("the provider does not answer at the moment", retry_after_s=max(1, round(left_s)))
        circuit.is_probing = True

    def succeeded(self, key: str) -> None:
        """The provider answered."""
        self._circuits.pop(key, None)

    def failed(self, key: str) -> None:
        """It did not answer, or answered with a fault of its own."""
        if key not in self._circuits and len(self._circuits) >= _ACCOUNTS_MAX:
            return
        circuit = self._circuits.setdefault(key, _Circuit())
        circuit.failures += 1
        circuit.is_probing = False
        circuit.opened_at = self.monotonic()

    def abandoned(self, key: str) -> None:
        """The caller gave up before an answer; says nothing about the provider."""
        circuit = self._circuits.get(key)
        if circuit is not None:
            circuit.is_probing = False
