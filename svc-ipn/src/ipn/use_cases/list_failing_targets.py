"""Receivers that do not take their notifications, over all organizations."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from gateway_contracts.requests.ipn import FailingTarget, FailingTargets
from ipn.domain.delivery import Delivery
from ipn.ports import DeliveryStore, Sealer
from ipn.use_cases.list_deliveries import readable_url

READ_MAX: Final = 1_000
"""Notifications that one request reads."""
TARGETS_MAX: Final = 100


async def list_failing_targets(*, store: DeliveryStore, sealer: Sealer) -> FailingTargets:
    """The receivers with most waiting notifications first, of those that were read."""
    found = await store.waiting(limit=READ_MAX)
    groups: dict[tuple[str, str], list[Delivery]] = {}
    for delivery in found:
        if delivery.attempts:
            groups.setdefault((delivery.organization_id, delivery.target), []).append(delivery)
    largest = sorted(groups.values(), key=len, reverse=True)[:TARGETS_MAX]
    targets = tuple(_target(group, sealer) for group in largest)
    return FailingTargets(targets=targets, is_complete=len(found) < READ_MAX)


def _target(deliveries: Sequence[Delivery], sealer: Sealer) -> FailingTarget:
    """The path of a URL may hold a secret of the merchant: operators see the host alone."""
    last = max((delivery.attempts[-1] for delivery in deliveries), key=lambda attempt: attempt.at)
    return FailingTarget(
        organization_id=deliveries[0].organization_id,
        host=urlsplit(readable_url(deliveries[0], sealer)).hostname or "",
        waiting=len(deliveries),
        oldest_at=min(delivery.created_at for delivery in deliveries),
        next_attempt_at=deliveries[0].next_attempt_at,
        http_status=last.http_status,
        error=last.error,
    )
