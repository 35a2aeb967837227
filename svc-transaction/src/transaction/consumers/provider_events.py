"""The consumer of provider events: where svc-transaction receives a webhook."""

import asyncio
from typing import Final

from faststream.nats import NatsMessage

from gateway_contracts.errors import ChangedMeanwhile, Transient
from gateway_contracts.events.provider import ReceivedProviderEvent
from gateway_kit import context
from gateway_kit.mongo.group_commit import GroupCommit
from gateway_kit.nats.consumers import EventRouter
from transaction.ports import Deps
from transaction.use_cases.apply_provider_event import apply_provider_event
from transaction.use_cases.apply_reports import FollowUp, ReportedEvent, apply_reports

CONSUMER: Final = "transaction-on-provider-events"
# Half of the time after which the broker takes the handler for dead.
HANDLING_S: Final = 30.0


async def decode_provider_event(message: NatsMessage) -> ReceivedProviderEvent:
    """The event, still encrypted: its attributes are headers.

    Raises:
        KeyError, ValueError: not a provider event.
    """
    return ReceivedProviderEvent.read(message.headers, message.body)


def router(deps: Deps) -> EventRouter:
    """The consumer of provider events. Those that wait at the same moment share one database transaction."""

    async def write(reported: list[ReportedEvent]) -> list[FollowUp]:
        return await apply_reports(reported, consumer=CONSUMER, deps=deps)

    group = GroupCommit(write, collisions=(ChangedMeanwhile,), lane=lambda reported: reported.event.organization_id)

    made = EventRouter()

    @made.subscriber(CONSUMER, decoder=decode_provider_event)
    async def on_provider_event(event: ReceivedProviderEvent) -> None:
        """Apply what a provider reports.

        Raises:
            Transient: it took too long.
        """
        with context.working_on(correlation=event.event_id, causation=event.event_id):
            try:
                async with asyncio.timeout(HANDLING_S):
                    await apply_provider_event(event, apply=group.submit, deps=deps)
            except TimeoutError as exc:
                # What was applied stays so; the next attempt finds it in the inbox and goes on.
                raise Transient("the event took too long", code="HANDLING_TIMEOUT") from exc

    return made
