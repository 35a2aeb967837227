"""Stored figures: facts, the buckets that they are counted in, and generations of both."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from gateway_contracts.aggregates import Aggregate, Entity, TenantEntity

Figure = Literal[
    "succeeded",
    "failed",
    "canceled",
    "captured",
    "refunded",
    "disputed",
    "fees",
    "cases_opened",
    "notifications_failed",
    "invoices_held_back",
    "open_cases",
    "failed_notifications",
    "due_invoices",
]
"""Counts of objects, and amounts in minor units. The last three count what waits now."""

NOW: Final = ""
"""Stands for the day of what waits now, however old it is."""


def day_of(moment: date | datetime) -> str:
    """The day of a moment in UTC, which sorts as a text."""
    return moment.isoformat()[:10]


class Share(BaseModel):
    """Contribution of a fact to one bucket; a site, provider or currency that it has none of is empty."""

    model_config = ConfigDict(frozen=True)

    day: str
    site_id: str = ""
    provider_id: str = ""
    currency: str = ""
    figures: dict[Figure, int]


class Fact(TenantEntity):
    """The counted state of one object: a payment, a ledger entry, a case, a notification, an invoice.

    Attributes:
        id: the generation, the kind and the id of the object.
        sequence: of the object; a newer one replaces the shares of an older one.
    """

    livemode: bool
    sequence: int
    shares: tuple[Share, ...]

    def within(self, generation: int) -> "Fact":
        """The same fact as it is stored in a generation."""
        return self.model_copy(update={"id": f"{generation}:{self.id}"})


class Bucket(Aggregate):
    """Sums of one day, site, provider and currency of an organization in one mode."""

    livemode: bool
    generation: int
    day: str
    site_id: str
    provider_id: str
    currency: str
    figures: dict[Figure, int]


class Projection(Entity):
    """The generations of facts and buckets. A rebuild counts a new one from the beginning.

    Attributes:
        serving: figures are read from it.
        counting: the new one while a rebuild runs, else the same. Events count in both.
    """

    serving: int = 1
    counting: int = 1

    @property
    def live(self) -> tuple[int, ...]:
        """The generations that events count in."""
        return tuple(sorted({self.serving, self.counting}))


FIRST: Final = Projection(id="figures")
"""Before any rebuild; it is not stored."""

Changes = dict[str, tuple[Bucket, dict[Figure, int]]]
"""Changes of figures by the id of the bucket, with the empty bucket."""


def count(changes: Changes, fact: Fact, generation: int, *, sign: Literal[1, -1] = 1) -> None:
    """Add the shares of a fact to changes, or take them away."""
    for share in fact.shares:
        bucket = _empty_bucket(fact, share, generation)
        figures = changes.setdefault(bucket.id, (bucket, {}))[1]
        for figure, value in share.figures.items():
            figures[figure] = figures.get(figure, 0) + sign * value


def changed(figures: Mapping[Figure, int], change: Mapping[Figure, int]) -> dict[Figure, int]:
    """Figures after a change; those that are zero are left out."""
    return dict(_sums(figures, change))


def _sums(figures: Mapping[Figure, int], change: Mapping[Figure, int]) -> Iterator[tuple[Figure, int]]:
    for figure in sorted({*figures, *change}):
        if value := figures.get(figure, 0) + change.get(figure, 0):
            yield figure, value


def _empty_bucket(fact: Fact, share: Share, generation: int) -> Bucket:
    mode = "live" if fact.livemode else "test"
    parts = (fact.organization_id, mode, share.day, share.site_id, share.provider_id, share.currency)
    return Bucket(
        id=":".join((str(generation), *parts)),
        organization_id=fact.organization_id,
        livemode=fact.livemode,
        generation=generation,
        day=share.day,
        site_id=share.site_id,
        provider_id=share.provider_id,
        currency=share.currency,
        figures={},
    )
