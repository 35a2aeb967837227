"""Which events a caller may see, and which of them it asks for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from admin_api.events.domain.public_event import PublicEvent, names_id
from gateway_contracts.actor import Actor
from gateway_contracts.events.registry import EVENTS
from gateway_contracts.ids import is_object_id
from gateway_contracts.topology import PUBLIC_STREAMS, stream

STREAM_OF: Final = {subject.partition(".")[0]: name for name in PUBLIC_STREAMS for subject in stream(name).subjects}
"""The stream of each family of events, such as ``transaction``."""
TYPE_FILTERS: Final = frozenset(EVENTS) | {f"{family}.*" for family in STREAM_OF}
"""Types and families that can be asked for."""
API_KEYS: Final = "tenancy.api_key_"
"""Events of API keys: a role that may not read keys does not see that there are any."""
LATE: Final = timedelta(hours=1)
"""An event that was published later than this after its time is not found by ``before``."""
EARLY: Final = timedelta(minutes=5)
"""Clocks of publisher and bus differ by less."""


@dataclass(frozen=True)
class EventFilters:
    """Filters of a request.

    Attributes:
        types: exact types, or families such as ``transaction.*``; empty: all.
        since: events of this time or later.
        before: events before this time.
    """

    types: tuple[str, ...] = ()
    entity_id: str | None = None
    site_id: str | None = None
    since: datetime | None = None
    before: datetime | None = None

    @property
    def leave_out(self) -> bool:
        """Whether they may leave out much of what is read."""
        return len(self.types) > 1 or bool(self.entity_id or self.site_id or self.since or self.before)


@dataclass(frozen=True)
class EventQuery:
    """The filters of a request, within the rights of its caller."""

    actor: Actor
    filters: EventFilters = EventFilters()

    def subject(self, name: str) -> str | None:
        """The subjects to read of a stream: always those of the caller's organization alone, and the only place that
        names it. None: the stream has nothing that is asked for.

        Raises:
            ValueError: the caller belongs to no organization.
        """
        organization_id = self.actor.organization_id
        if not is_object_id(organization_id):
            raise ValueError("only callers of an organization read events")
        wanted = [kind for kind in self.filters.types if STREAM_OF[kind.partition(".")[0]] == name]
        if self.filters.types and not wanted:
            return None
        # One subject per read: several types of a stream are picked from all of its events.
        kinds = wanted[0].replace(".*", ".*.*") if len(wanted) == 1 else "*.*.*"
        return f"{kinds}.{organization_id}"

    def may_show(self, body: bytes) -> bool:
        """False for a stored message that `shows` leaves out by an id, which is seen without reading it in full."""
        return all(has_id(body) for has_id in self._ids)

    def shows(self, event: PublicEvent) -> bool:
        """Whether the caller may see this event, and asked for it."""
        return self._is_allowed(event) and self._is_wanted(event)

    def is_over(self, stored_at: datetime) -> bool:
        """Whether messages that were stored from then on are later than what is asked for."""
        return self.filters.before is not None and stored_at >= self.filters.before + LATE

    @cached_property
    def _ids(self) -> tuple[Callable[[bytes], bool], ...]:
        sites = (self.filters.site_id, self.actor.site_id)
        named = ((self.filters.entity_id, "entityId"), *((site, "siteId") for site in sites))
        return tuple(names_id(identifier, field) for identifier, field in named if identifier is not None)

    def _is_allowed(self, event: PublicEvent) -> bool:
        actor = self.actor
        return (
            event.organization_id == actor.organization_id
            and (event.belongs_to_both or event.livemode == actor.livemode)
            and (actor.site_id is None or event.site_id == actor.site_id)
            and (not event.type.startswith(API_KEYS) or actor.allows("api_key:read"))
        )

    def _is_wanted(self, event: PublicEvent) -> bool:
        filters = self.filters
        family = f"{event.type.partition('.')[0]}.*"
        return (
            (not filters.types or event.type in filters.types or family in filters.types)
            and filters.entity_id in (None, event.entity_id)
            and filters.site_id in (None, event.site_id)
            and (filters.since is None or event.time >= filters.since)
            and (filters.before is None or event.time < filters.before)
        )
