"""Events in their stream, published in groups that share one fsync."""

from gateway_contracts.events.provider import ReceivedProviderEvent
from gateway_kit.nats.batch import BatchPublisher
from gateway_kit.telemetry import current_traceparent


class EventStream:
    """The stream ``PROVIDER_EVENTS``."""

    def __init__(self, publisher: BatchPublisher) -> None:
        self._publisher = publisher

    async def put(self, event: ReceivedProviderEvent) -> None:
        """See the port. The trace, recorded or not, continues in the message."""
        headers = event.headers()
        if traceparent := current_traceparent():
            headers["traceparent"] = traceparent
        await self._publisher.publish(event.subject, headers, event.body)
