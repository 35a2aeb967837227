"""A change that may become a notification."""

from dataclasses import dataclass

from ipn.domain.changes import POINTLESS_AFTER_SUCCESS, SUCCEEDED, Change, Facts, IpnVersion


@dataclass(frozen=True)
class Notice:
    """One change with everything that its notification needs.

    Attributes:
        orders: keyed hashes of the names of the merchant's order.
    """

    change: Change
    facts: Facts
    organization_id: str
    site_id: str
    livemode: bool
    checkout_id: str
    url: str
    ipn_version: IpnVersion
    traceparent: str | None = None
    correlation_id: str | None = None
    orders: tuple[str, ...] = ()

    @property
    def payable_by_others(self) -> tuple[str, ...]:
        """The orders whose payment by another checkout makes the notification pointless."""
        return self.orders if self.change.ipn_status in POINTLESS_AFTER_SUCCESS else ()

    @property
    def pays(self) -> tuple[str, ...]:
        """The orders that the change pays."""
        return self.orders if self.change.ipn_status == SUCCEEDED else ()
