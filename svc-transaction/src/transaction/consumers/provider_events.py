"""Provider events from their stream."""

from collections.abc import Awaitable, Callable
from typing import Final

from gateway_contracts.events.provider import ReceivedProviderEvent
from gateway_kit import context
from transaction.ports import Deps
from transaction.use_cases.apply_provider_event import apply_provider_event

CONSUMER: Final = "transaction-on-provider-events"


def provider_event_handler(deps: Deps) -> Callable[[dict[str, str], bytes], Awaitable[None]]:
    """The handler of the consumer."""

    async def handle(headers: dict[str, str], body: bytes) -> None:
        event = ReceivedProviderEvent.read(headers, body)
        with context.working_on(correlation=event.event_id, causation=event.event_id):
            await apply_provider_event(event, consumer=CONSUMER, deps=deps)

    return handle
