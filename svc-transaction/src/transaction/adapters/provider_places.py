"""Limits on concurrent provider calls: places per account and per tenant, and a share reserved for waiting callers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from gateway_contracts.config import ProviderConfig
from gateway_kit.fairness import Busy, FairSlots, Shares
from gateway_providers.errors import ProviderBusy
from gateway_providers.http import CONNECTIONS_MAX
from transaction.provider_port import BACKGROUND_CALLS_PER_ACCOUNT, does_someone_wait

# Two calls, one after the other, fit into the patience of a customer's request; a wait for a place is part of it.
CALL_TIMEOUT_S: Final = 8.0
_ACCOUNTS_AT_ONCE: Final = 100_000


@dataclass(frozen=True)
class CallLimits:
    """Calls at the same time, in this process.

    Attributes:
        total: of all tenants; ``reserve`` of them only for tenants without a call under way.
        per_tenant: of one organization, over all of its accounts.
        per_account: of one provider account. What waits beside is the same number again, for each of the two.
        patience_s: how long a call waits for its place.
    """

    total: int
    reserve: int
    per_tenant: int
    per_account: int
    patience_s: float


# A customer or a merchant's server waits for the answer.
PEOPLE: Final = CallLimits(total=160, reserve=40, per_tenant=48, per_account=32, patience_s=3.0)
# Consumers and passes: what finds no place is tried again later, from the database.
BACKGROUND: Final = CallLimits(
    total=96, reserve=24, per_tenant=12, per_account=BACKGROUND_CALLS_PER_ACCOUNT, patience_s=2.0
)


class ProviderPlaces:
    """Places for calls. An account that hangs fills its own and leaves the rest of its tenant's; a tenant fills its
    own and leaves the rest to the others; consumers and passes never take one of those for people."""

    def __init__(self, people: CallLimits = PEOPLE, background: CallLimits = BACKGROUND) -> None:
        if people.total + background.total > CONNECTIONS_MAX:
            raise ValueError("a call that has a place must find a connection")
        self._people = _Places(people)
        self._background = _Places(background)

    @contextlib.asynccontextmanager
    async def place(self, provider: ProviderConfig) -> AsyncIterator[float]:
        """Hold a place while the body runs; gives the seconds that are left for the call.

        Raises:
            ProviderBusy: no place became free in time; nothing was sent.
        """
        places = self._people if does_someone_wait.get() else self._background
        began = asyncio.get_running_loop().time()
        async with places.of(provider):
            yield CALL_TIMEOUT_S - (asyncio.get_running_loop().time() - began)


class _Places:
    def __init__(self, limits: CallLimits) -> None:
        self._limits = limits
        self._accounts = FairSlots(
            Shares(_ACCOUNTS_AT_ONCE, per_lane=limits.per_account, reserve=0),
            waiting_per_lane=limits.per_account,
            waiting_total=4 * limits.total,
        )
        self._tenants = FairSlots(
            Shares(limits.total, per_lane=limits.per_tenant, reserve=limits.reserve),
            waiting_per_lane=limits.per_tenant,
            waiting_total=4 * limits.total,
        )

    @contextlib.asynccontextmanager
    async def of(self, provider: ProviderConfig) -> AsyncIterator[None]:
        """The account's place first: those who wait for it hold none of their tenant's."""
        async with contextlib.AsyncExitStack() as held:
            try:
                async with asyncio.timeout(self._limits.patience_s):
                    await held.enter_async_context(self._accounts.place(provider.id))
                    await held.enter_async_context(self._tenants.place(provider.organization_id))
            except (Busy, TimeoutError) as exc:
                message = "too many calls to the provider are under way"
                raise ProviderBusy(message, retry_after_s=max(1, round(self._limits.patience_s))) from exc
            yield
