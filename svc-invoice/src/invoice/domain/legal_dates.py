"""The days of a document: what its number, its period and its reader go by, in the organization's legal time zone."""

from dataclasses import dataclass
from datetime import datetime

from gateway_contracts.time_zones import day_in


@dataclass(frozen=True)
class LegalDates:
    """Days as ISO 8601 texts, kept with the document so that they never change with a time zone database.

    Attributes:
        paid_on: when the money came, or went back; None where it was issued before.
        supplied_on: the date of supply; of a credit note, that of the supply that it corrects.
    """

    time_zone: str
    issued_on: str
    paid_on: str | None
    supplied_on: str


def legal_day(moment: datetime, time_zone: str) -> str:
    """The day of a moment as text."""
    return day_in(moment, time_zone).isoformat()
