"""Events as answers, and the filters that choose them."""

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from admin_api.events.domain.public_event import PublicEvent
from admin_api.events.domain.query import TYPE_FILTERS, EventFilters
from admin_api.shared.web.schemas.base import View
from gateway_contracts.fields import QueryMoment
from gateway_contracts.limits import EVENT_TYPES_MAX, PAGE_LIMIT_DEFAULT, SHORT_CHARACTERS_MAX
from gateway_contracts.list_filters import IdFilter, PageLimit
from gateway_contracts.rules import FieldRules, broken

CURSOR_CHARACTERS_MAX: Final = 1_000


def _known_type(text: str) -> str:
    if text not in TYPE_FILTERS:
        raise broken("event_type_unknown", "must be a type such as invoice.issued.v1, or a family such as invoice.*")
    return text


EventType = Annotated[str, Field(max_length=SHORT_CHARACTERS_MAX), AfterValidator(_known_type)]


class FollowedEventsIn(FieldRules):
    """Filters of a stream, and where it begins."""

    model_config = ConfigDict(alias_generator=to_camel)

    type: list[EventType] = Field(
        default=[],
        max_length=EVENT_TYPES_MAX,
        description="Only events of this type, such as `invoice.issued.v1`, or of this family, such as "
        "`transaction.*`. Repeat the parameter for several.",
    )
    entity_id: IdFilter | None = Field(None, description="Only events of the object with this id.")
    site_id: IdFilter | None = Field(None, description="Only events that name this site.")
    cursor: str | None = Field(
        None,
        max_length=CURSOR_CHARACTERS_MAX,
        description="Events after this place: `nextCursor` of a list, or the `id` of an event of the stream, read with "
        "the same filters.",
    )

    def filters(self) -> EventFilters:
        """For the use case."""
        return EventFilters(tuple(self.type), self.entity_id, self.site_id)


class ListedEventsIn(FollowedEventsIn):
    """Filters and page of the list."""

    limit: PageLimit = PAGE_LIMIT_DEFAULT
    since: QueryMoment | None = Field(None, alias="from", description="Only events of this time or later.")
    before: QueryMoment | None = Field(
        None,
        alias="to",
        description="Only events before this time. One that was published more than an hour late is not found.",
    )

    def filters(self) -> EventFilters:
        """For the use case."""
        return EventFilters(tuple(self.type), self.entity_id, self.site_id, self.since, self.before)


class EventView(View):
    """A fact about an object, published once and never changed."""

    id: str = Field(description="Id of the event; use it to recognize an event that you have.")
    type: str = Field(description="Versioned type, such as transaction.succeeded.v1.")
    time: datetime = Field(description="Time of the fact, in UTC.")
    livemode: bool = Field(description="Whether it was in live mode; sites and domains serve both modes.")
    entity_id: str = Field(description="Id of the object that changed.")
    site_id: str | None = Field(description="Id of the site; null where the event names none.")
    sequence: int = Field(description="Version of the object after this fact; it grows with each event of the object.")
    correlation_id: str = Field(description="The same for everything that one request caused.")
    causation_id: str | None = Field(description="Id of the event, request or webhook that caused this one.")
    data: dict[str, Any] = Field(
        description="Fields of this type, as the catalogue of events lists them, without encrypted and internal ones. "
        "Later versions may add fields."
    )

    @classmethod
    def of(cls, event: PublicEvent) -> "EventView":
        """The answer for an event."""
        return cls.model_validate(event)


class EventListView(View):
    """Events in order, oldest first."""

    events: list[EventView] = Field(
        description="Events of this page. It may be empty although there are more: filters are applied to a limited "
        "number of events per request."
    )
    next_cursor: str = Field(description="Send it as `cursor` to read on, now or later; it is always given.")
    has_more: bool = Field(description="Whether there is more to read now.")
