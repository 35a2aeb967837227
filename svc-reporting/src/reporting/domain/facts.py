"""Facts about objects of other services, as a function of their present state."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway_contracts.events.ledger import BookedAmounts, BookedEntry
from reporting.domain.figures import NOW, Fact, Figure, Share, day_of

_OUTCOMES: Final[dict[str, Figure]] = {
    "succeeded": "succeeded",
    "refunded": "succeeded",
    "failed": "failed",
    "canceled": "canceled",
}


@dataclass(frozen=True)
class Tenant:
    """Organization and mode of an object."""

    organization_id: str
    livemode: bool

    def fact(self, name: str, sequence: int, *shares: Share) -> Fact:
        """A fact about an object of this tenant."""
        return Fact(
            id=name, organization_id=self.organization_id, livemode=self.livemode, sequence=sequence, shares=shares
        )


@dataclass(frozen=True)
class Payment:
    """A transaction, as far as its facts need it."""

    tenant: Tenant
    id: str
    site_id: str
    provider_id: str


def outcome(payment: Payment, sequence: int, *, status: str, currency: str, began_at: datetime) -> Fact | None:
    """The outcome of an attempt, on the day on which it began; None as long as it is open."""
    figure = _OUTCOMES.get(status)
    if figure is None:
        return None
    share = Share(
        day=day_of(began_at),
        site_id=payment.site_id,
        provider_id=payment.provider_id,
        currency=currency,
        figures={figure: 1},
    )
    return payment.tenant.fact(f"payment:{payment.id}", sequence, share)


def entries(payment: Payment, booked: Iterable[BookedEntry], *, at: datetime) -> list[Fact]:
    """Ledger entries, on the day on which they were posted. They never change."""
    return [
        payment.tenant.fact(f"entry:{payment.id}:{entry.kind}:{entry.reference}", 1, *_amounts(payment, entry, at))
        for entry in booked
        if entry.amounts
    ]


def _amounts(payment: Payment, entry: BookedEntry, at: datetime) -> Iterable[Share]:
    for amounts in entry.amounts:
        yield Share(
            day=day_of(at),
            site_id=payment.site_id,
            provider_id=payment.provider_id,
            currency=amounts.currency,
            figures=_figures(amounts),
        )


def _figures(amounts: BookedAmounts) -> dict[Figure, int]:
    found: dict[Figure, int] = {
        "captured": amounts.captured,
        "refunded": amounts.refunded,
        "disputed": amounts.disputed,
        "fees": amounts.fees,
    }
    return {figure: value for figure, value in found.items() if value}


def case(
    tenant: Tenant, case_id: str, sequence: int, *, is_open: bool, opened_at: datetime, site_id: str | None
) -> Fact:
    """A case, on the day on which it was opened, and among those that wait while it is open."""
    site = site_id or ""
    shares = [Share(day=day_of(opened_at), site_id=site, figures={"cases_opened": 1})]
    if is_open:
        shares.append(Share(day=NOW, site_id=site, figures={"open_cases": 1}))
    return tenant.fact(f"case:{case_id}", sequence, *shares)


def notification(tenant: Tenant, delivery_id: str, sequence: int, *, failed_at: datetime | None, site_id: str) -> Fact:
    """A notification, on the day on which it was given up; without a share where it ended otherwise since."""
    shares: tuple[Share, ...] = ()
    if failed_at is not None:
        shares = (
            Share(day=day_of(failed_at), site_id=site_id, figures={"notifications_failed": 1}),
            Share(day=NOW, site_id=site_id, figures={"failed_notifications": 1}),
        )
    return tenant.fact(f"notification:{delivery_id}", sequence, *shares)


def draft(tenant: Tenant, invoice_id: str, sequence: int, *, at: datetime, site_id: str) -> Fact:
    """An invoice that cannot be issued until its merchant acts."""
    return tenant.fact(
        f"invoice:{invoice_id}",
        sequence,
        Share(day=day_of(at), site_id=site_id, figures={"invoices_held_back": 1}),
        Share(day=NOW, site_id=site_id, figures={"due_invoices": 1}),
    )
