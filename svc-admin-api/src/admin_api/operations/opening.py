"""Composition of the operators' endpoints."""

from admin_api.operations.adapters.inspector import InstallationInspector
from admin_api.operations.ports import Operations
from admin_api.settings import Settings
from gateway_kit.health_report.addresses import parse_addresses
from gateway_kit.nats.dead_letters import DeadLetters
from gateway_kit.service import Runtime


def open_operations(runtime: Runtime, settings: Settings) -> Operations:
    """The ports, with the rights of this service's user on the bus.

    Raises:
        ValueError: ``GATEWAY_SERVICES`` has an entry without an address.
    """
    return Operations(
        inspector=InstallationInspector(
            runtime.nc,
            runtime.mongo,
            runtime.clock,
            addresses=parse_addresses(settings.gateway_services),
            monitor_url=settings.nats_monitor_url or None,
        ),
        letters=DeadLetters(runtime.js, runtime.rpc, may_publish=False),
        domains=runtime.config.domains,
    )
