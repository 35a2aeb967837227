"""The list of services. What can be derived from it is; every other list is compared with it by a test."""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True)
class ServiceSpec:
    """One service.

    Attributes:
        name: its folder, distribution, container, and user of the bus and of the database.
        package: the Python package below ``src``.
        kind: ``api`` answers HTTP from outside; a ``worker`` has only the port of its probes.
        database: of its own (None: it stores nothing).
    """

    name: str
    package: str
    kind: Literal["api", "worker"]
    database: str | None = None


SERVICES: Final = (
    ServiceSpec("svc-admin-api", "admin_api", "api", "gw_admin"),
    ServiceSpec("svc-checkout-api", "checkout_api", "api"),
    ServiceSpec("svc-webhook-ingest", "webhook_ingest", "worker"),
    ServiceSpec("svc-transaction", "transaction", "worker", "gw_transaction"),
    ServiceSpec("svc-invoice", "invoice", "worker", "gw_invoice"),
    ServiceSpec("svc-ipn", "ipn", "worker", "gw_ipn"),
    ServiceSpec("svc-domains", "domains", "worker", "gw_domains"),
    ServiceSpec("svc-reporting", "reporting", "worker", "gw_reporting"),
    ServiceSpec("svc-notify", "notify", "worker", "gw_notify"),
)
