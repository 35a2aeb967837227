"""Recent results of key checks, as keyed hashes. They save look-ups and never admit a caller."""

from datetime import datetime, timedelta
from typing import Final

from cachetools import FIFOCache

from admin_api.shared.domain.refusal import Reason, Refusal

KNOWN_MAX: Final = 10_000
REFUSED_MAX: Final = 10_000
REFUSED_FOR: Final = timedelta(minutes=1)
FINAL_REASONS: Final[frozenset[Reason]] = frozenset({"unknown", "wrong_secret", "revoked", "replaced"})
"""A text that was refused for one of these never becomes right again."""


class KeyMemory:
    """Bounded on both sides: strangers fill only the refused one, and the oldest entry goes first."""

    def __init__(self) -> None:
        self._known: FIFOCache[str, None] = FIFOCache(KNOWN_MAX)
        self._refused: FIFOCache[str, tuple[Refusal, datetime]] = FIFOCache(REFUSED_MAX)

    def is_known(self, text_hash: str) -> bool:
        """Whether it was right the last time."""
        return text_hash in self._known

    def refusal(self, text_hash: str, now: datetime) -> Refusal | None:
        """Why it was refused lately."""
        refusal, until = self._refused.get(text_hash, (None, now))
        return refusal if until > now else None

    def accept(self, text_hash: str) -> None:
        """It was right."""
        self._known[text_hash] = None

    def refuse(self, text_hash: str, refusal: Refusal, now: datetime) -> None:
        """It was wrong."""
        self._known.pop(text_hash, None)
        if refusal.reason not in FINAL_REASONS:
            return
        self._refused[text_hash] = (refusal, now + REFUSED_FOR)
