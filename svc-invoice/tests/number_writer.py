"""A process that numbers payments until its share is done, or until it is killed: another one goes on where it was.

Payments come in groups, as they do from the bus. A group whose outcome was not noted is delivered again, with the same
ids. Writers reach the same registers at the same time.
"""

import asyncio
import hashlib
import itertools
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from invoice_office import SETTINGS, Event, KnownOrganizations, Office
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from gateway_contracts.errors import ChangedMeanwhile
from gateway_contracts.numbering import DEFAULT_INVOICE_LAYOUT, LayoutRefused, NumberLayout, layout_from_settings
from gateway_kit.mongo.client import PLAIN_INTEGERS
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.unit_of_work import AlreadyHandled
from gateway_testkit.clock import FrozenClock
from gateway_testkit.keys import new_keyring
from gateway_testkit.plugin import TestDatabase
from invoice.ports import OrganizationSettings
from invoice.store.documents import DOCUMENTS

GROUP: Final = 20


def _layouts() -> dict[str, dict[str, Any]]:
    """Every combination of period, granularity, separator and reset that is allowed, each of an organization."""
    choices = itertools.product(
        ("none", "calendar", "fiscal"),
        ("year", "year_month", "year_month_day"),
        ("dash", "none"),
        ("never", "calendar_year", "fiscal_year"),
    )
    found: list[dict[str, Any]] = []
    for place, (period, granularity, separator, reset) in enumerate(choices):
        layout = {
            "prefix": ("INV-", "R", "A/")[place % 3],
            "periodType": period,
            "periodGranularity": granularity,
            "periodSeparator": separator,
            "resetPolicy": reset,
            "fiscalYearStartMonth": (4, 10, 1)[place // 3 % 3],
            "fiscalYearLabelMode": ("start_year", "end_year")[place % 2],
            "infix": ("", "AR")[place // 2 % 2],
            "suffix": ("", "-REV")[place // 4 % 2],
            "sequenceDigits": (5, 1, 12)[place % 3],
            "startNumber": (1, 5_000)[place // 5 % 2],
        }
        if period == "none" and (granularity, separator) != ("year", "dash"):
            continue
        try:
            layout_from_settings(layout, DEFAULT_INVOICE_LAYOUT)
        except LayoutRefused:
            continue
        found.append(layout)
    return {f"{place:024x}": layout for place, layout in enumerate(found, 1)}


LAYOUTS: Final = _layouts()
"""Settings by organization."""


def register_of(writer: int, group: int) -> str:
    """The organization of a group: each two writers have the same one at about the same time, at every fifth all."""
    place = group if group % 5 == 0 else 4 * (group - group // 5 - 1) + writer // 2
    return list(LAYOUTS)[place % len(LAYOUTS)]


def layout_of(organization_id: str) -> NumberLayout:
    """How that organization's numbers look."""
    return layout_from_settings(LAYOUTS[organization_id], DEFAULT_INVOICE_LAYOUT)


@dataclass(frozen=True)
class Share:
    """The groups of one writer, and the files in which it notes what it does.

    Attributes:
        at: where its clock stands.
    """

    writer: int
    groups: int
    uri: str
    database: str
    folder: Path
    at: datetime

    @property
    def _done(self) -> Path:
        return self.folder / f"{self.writer}.done"

    @property
    def _state(self) -> Path:
        return self.folder / f"{self.writer}.state"

    def done(self) -> int:
        """Groups whose outcome was noted."""
        return self._done.stat().st_size if self._done.exists() else 0

    def note_done(self) -> None:
        """One group more."""
        with self._done.open("ab", buffering=0) as file:
            file.write(b".")

    def note_within(self, is_within: bool) -> None:
        """Whether a group's transaction has begun and not ended."""
        self._state.write_text("within" if is_within else "")

    def was_within(self) -> bool:
        """Whether the process that was killed was inside of a transaction."""
        return self._state.exists() and self._state.read_text() == "within"


def run(share: Share) -> None:
    """The process."""
    asyncio.run(_run(share))


async def _run(share: Share) -> None:
    keyring, organizations = new_keyring(*LAYOUTS), _organizations()
    async with AsyncMongoClient[dict[str, Any]](share.uri, tz_aware=True, type_registry=PLAIN_INTEGERS) as client:
        database = TestDatabase(share.database, share.uri, client, client[share.database])
        await bind_documents(database.db, DOCUMENTS)
        office = Office(database, keyring, FrozenClock(share.at), organizations)
        for group in range(share.done(), share.groups):
            events = [_payment(office, share.writer, group, place) for place in range(GROUP)]
            share.note_within(True)
            await _issue(office, events)
            share.note_within(False)
            share.note_done()


def _organizations() -> KnownOrganizations:
    return KnownOrganizations(
        {
            name: OrganizationSettings(name, "Nordwind", "DE", {**SETTINGS, "invoiceNumberLayout": layout})
            for name, layout in LAYOUTS.items()
        }
    )


def _payment(office: Office, writer: int, group: int, place: int) -> Event:
    name = hashlib.sha256(f"{writer}:{group}:{place}".encode()).hexdigest()
    return office.event(
        party=None,
        organization_id=register_of(writer, group),
        transaction_id=name[:24],
        event_id=f"event-{name[24:]}",
    )


async def _issue(office: Office, events: list[Event]) -> None:
    """Until it is known to be done, as the bus delivers it."""
    while True:
        try:
            await office.issue_all(events)
        except (ChangedMeanwhile, PyMongoError):
            # Also a commit whose outcome is not known.
            continue
        except AlreadyHandled:
            return
        return
