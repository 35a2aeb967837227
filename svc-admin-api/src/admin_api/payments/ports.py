"""Ports of the use cases around payments."""

from dataclasses import dataclass

from admin_api.payments.store.clients import Clients
from admin_api.tenancy.ports import Tenancy


@dataclass(frozen=True)
class Payments(Tenancy):
    """The ports around clients; sites and providers are read."""

    clients: Clients
