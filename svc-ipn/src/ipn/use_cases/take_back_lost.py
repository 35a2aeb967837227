"""Leases that ran out: a process was killed, or an attempt could not be recorded."""

from typing import Final

from gateway_contracts.clock import Clock
from ipn.domain.delivery import Stuck
from ipn.domain.schedule import pause_after_loss
from ipn.ports import DeliveryStore
from ipn.use_cases.plan_deliveries import LEASE

# Of one sweep; a process holds no more leases than a few sweeps take back.
LOST_MAX: Final = 500


async def take_back_lost(*, store: DeliveryStore, clock: Clock) -> list[Stuck]:
    """Make lost deliveries due again, ever later; returns those that were lost too often and shall be set aside.

    So a delivery whose attempts cannot be recorded is not sent again without end.
    """
    now = clock.now()
    back, stuck = [], []
    for lost in await store.lost(now=now, limit=LOST_MAX):
        pause = pause_after_loss(lost.unrecorded)
        if pause is None:
            stuck.append(lost.stuck)
        else:
            back.append((lost, now + pause))
    await store.take_back(back)
    # Looked at again only when setting them aside did not succeed meanwhile: they must not stand before other leases.
    await store.extend(stuck, until=now + LEASE)
    return stuck
