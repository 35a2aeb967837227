"""Refused API keys and failed sign-ins as security events: all are counted, few are written, whatever is tried."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

Reason = Literal[
    "malformed", "unknown", "wrong_secret", "revoked", "expired", "replaced", "address_not_allowed", "sign_in"
]
SIGN_IN: Final = "sign_in"
"""Not a key: an authenticator's answer that was not valid. Whose it was is not known."""

REPORT_PAUSE: Final = timedelta(hours=1)
"""The first refusal of a key is reported at once; further ones of the same kind together, after this time."""
KNOWN_MAX: Final = 1_000
"""Kinds of refusals remembered; those of further keys are counted together."""


@dataclass(frozen=True)
class Refusal:
    """One kind of refusal, with its number since the last report.

    Attributes:
        key_id: empty where no such key exists.
        organization_id: None where no organization is known; empty for keys of the system.
        address: from where the last one came; never logged.
        request_id: of the last one.
    """

    reason: Reason
    key_id: str = ""
    organization_id: str | None = None
    livemode: bool = False
    address: str = ""
    request_id: str = ""
    count: int = 1


class Refusals:
    """Refusals of this process that are not reported yet. Noting one costs no measurable time, so that the time of an
    answer does not reveal whether the key exists."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[tuple[str, Reason], Refusal] = OrderedDict()
        self._reported_at: OrderedDict[tuple[str, Reason], datetime] = OrderedDict()

    def note(self, refusal: Refusal) -> None:
        """A key was refused."""
        place = (refusal.key_id, refusal.reason)
        if place not in self._waiting and len(self._waiting) >= KNOWN_MAX:
            place, refusal = ("", "unknown"), replace(refusal, key_id="", organization_id=None, reason="unknown")
        before = self._waiting.get(place)
        self._waiting[place] = replace(refusal, count=refusal.count + (before.count if before else 0))

    def due(self, now: datetime, *, is_last: bool = False) -> list[Refusal]:
        """The refusals to report now; they count as reported. ``is_last``: the process ends, so none is kept."""
        for place in [place for place, at in self._reported_at.items() if now - at >= REPORT_PAUSE]:
            del self._reported_at[place]
        places = [place for place in self._waiting if is_last or place not in self._reported_at]
        for place in places:
            self._reported_at[place] = now
        return [self._waiting.pop(place) for place in places]

    def not_reported(self, refusals: list[Refusal]) -> None:
        """Make refusals due again whose report failed."""
        for refusal in refusals:
            self._reported_at.pop((refusal.key_id, refusal.reason), None)
            self.note(refusal)
