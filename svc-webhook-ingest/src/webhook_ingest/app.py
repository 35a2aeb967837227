"""Composition: the only module that knows everything."""

from collections.abc import Callable
from functools import partial

from gateway_kit.nats.batch import BatchPublisher
from gateway_kit.service import Runtime, run_service
from gateway_providers.errors import UnknownProviderType
from gateway_providers.events import WebhookHost, Webhooks
from gateway_providers.registry import PROVIDERS
from webhook_ingest.adapters.config_accounts import ConfigAccounts
from webhook_ingest.adapters.event_stream import EventStream
from webhook_ingest.adapters.fetch_places import FetchPlaces
from webhook_ingest.adapters.thin_event_buckets import ThinEventBuckets
from webhook_ingest.counters import Counters
from webhook_ingest.domain.coalescing import Coalescer
from webhook_ingest.domain.thin_events import ThinEventCoalescer
from webhook_ingest.rpc.webhook_requests import WebhookRequests
from webhook_ingest.settings import Settings
from webhook_ingest.use_cases.accept_webhook import accept_webhook

SERVICE = "svc-webhook-ingest"
STREAM = "PROVIDER_EVENTS"


async def build(rt: Runtime) -> None:
    """Wire the service into its runtime."""
    assert isinstance(rt.settings, Settings)
    publisher = BatchPublisher(rt.nc, stream=STREAM)
    counters = Counters(publisher.stats)
    accept = partial(
        accept_webhook,
        accounts=ConfigAccounts(rt.config, rt.keyring, formats_of(rt.settings)),
        sealer=rt.keyring,
        store=EventStream(publisher),
        coalescer=Coalescer(),
        thin_events=ThinEventCoalescer(),
        thin_event_limits=ThinEventBuckets(),
        clock=rt.clock,
    )
    requests = WebhookRequests(
        rt.nc,
        accept,
        queue=SERVICE,
        counters=counters,
        concurrent_max=rt.settings.webhook_concurrent_max,
    )
    # Closed in reverse: no more requests, then what they still publish, then the last line of numbers.
    rt.on_close(counters.close)
    rt.on_close(publisher.close)
    rt.on_close(requests.stop)
    rt.background("counters", counters.run)
    await requests.start()


def formats_of(settings: Settings) -> Callable[[str], Webhooks]:
    """The webhook port of each type, with this service's settings and limits."""
    host = WebhookHost(FetchPlaces(), settings.certificate_origins)
    formats = {name: provider.webhooks.hosted(host) for name, provider in PROVIDERS.items() if provider.webhooks}

    def format_of(provider_type: str) -> Webhooks:
        if (webhooks := formats.get(provider_type)) is None:
            raise UnknownProviderType(f"no webhooks of type {provider_type}")
        return webhooks

    return format_of


def main() -> None:
    """Run until SIGTERM."""
    run_service(Settings(), SERVICE, build)
