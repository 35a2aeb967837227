"""The ports of all contexts, as routes get them."""

from dataclasses import dataclass

from admin_api.payments.ports import Payments
from admin_api.people.ports import People


@dataclass(frozen=True)
class AllPorts(People, Payments):
    """Everything that this service stores."""
