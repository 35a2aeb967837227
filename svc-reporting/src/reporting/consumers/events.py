"""Events become figures."""

from collections.abc import Sequence
from typing import Any, Final

from gateway_contracts.envelope import Envelope
from gateway_contracts.errors import ChangedMeanwhile
from gateway_contracts.events.checkout import CaseClosedV1, CaseOpenedV1
from gateway_contracts.events.invoice import InvoiceDraftedV1
from gateway_contracts.events.ipn import IpnOutcome
from gateway_contracts.events.ledger import LedgerPostedV1
from gateway_contracts.events.transaction import TransactionChange
from gateway_kit.mongo.group_commit import GroupCommit
from gateway_kit.nats.consumers import EventRouter
from reporting.domain.events import facts_of
from reporting.domain.figures import Fact
from reporting.ports import Figures
from reporting.use_cases.count_facts import count_facts

# No caller waits for a figure: a group that fills costs one transaction instead of many.
LINGER_S: Final = 0.25


def router(figures: Figures) -> EventRouter:
    """The consumers of all events that are counted."""

    async def write(groups: list[Sequence[Fact]]) -> list[None]:
        await count_facts([fact for facts in groups for fact in facts], figures=figures)
        return [None] * len(groups)

    group: GroupCommit[Sequence[Fact], None] = GroupCommit(
        write,
        linger_s=LINGER_S,
        collisions=(ChangedMeanwhile,),
        lane=lambda facts: facts[0].organization_id,
    )

    async def counted(event: Envelope[Any]) -> None:
        if facts := facts_of(event):
            await group.submit(facts)

    made = EventRouter()

    @made.subscriber("reporting-on-transactions")
    async def on_transaction_changed(event: Envelope[TransactionChange]) -> None:
        """Count the outcome of an attempt, and the ledger entries that come with it."""
        await counted(event)

    @made.subscriber("reporting-on-ledger")
    async def on_ledger_posted(event: Envelope[LedgerPostedV1]) -> None:
        """Count ledger entries that changed no status: fees, partial refunds, disputes."""
        await counted(event)

    @made.subscriber("reporting-on-cases")
    async def on_case_changed(event: Envelope[CaseOpenedV1 | CaseClosedV1]) -> None:
        """Count open cases."""
        await counted(event)

    @made.subscriber("reporting-on-drafts")
    async def on_invoice_drafted(event: Envelope[InvoiceDraftedV1]) -> None:
        """Count payments whose invoice could not be issued."""
        await counted(event)

    @made.subscriber("reporting-on-notifications")
    async def on_notification_ended(event: Envelope[IpnOutcome]) -> None:
        """Count notifications that were given up."""
        await counted(event)

    return made
