"""Calls to providers: an account that hangs holds its own places, a tenant its own, people have places apart."""

import asyncio
from dataclasses import replace

import pytest

from gateway_contracts.config import ProviderConfig
from gateway_contracts.errors import Transient
from gateway_providers.errors import ProviderBusy
from gateway_testkit.waiting import eventually
from transaction.adapters.provider_places import BACKGROUND, PEOPLE, CallLimits, ProviderPlaces
from transaction.provider_port import someone_waits

LIMITS = CallLimits(total=8, reserve=3, per_tenant=4, per_account=2, patience_s=60)


def account(identifier: str, organization_id: str) -> ProviderConfig:
    return ProviderConfig(
        id=identifier, organization_id=organization_id, version=1, type="stripe", label="Card", livemode=False
    )


class Calls:
    """Calls that hang until the test lets them go."""

    def __init__(self, places: ProviderPlaces) -> None:
        self.places = places
        self.under_way: list[str] = []
        self.end = asyncio.Event()

    async def make(self, provider: ProviderConfig) -> str:
        async with self.places.place(provider):
            self.under_way.append(provider.id)
            await self.end.wait()
        return provider.id

    def start(self, provider: ProviderConfig, count: int = 1) -> list[asyncio.Task[str]]:
        return [asyncio.create_task(self.make(provider)) for _ in range(count)]


async def test_an_account_that_hangs_leaves_places_to_the_other_accounts_of_its_tenant() -> None:
    calls = Calls(ProviderPlaces(LIMITS, LIMITS))
    hanging = calls.start(account("a1", "A"), 3)
    other = calls.start(account("a2", "A"))

    await eventually(lambda: sorted(calls.under_way) == ["a1", "a1", "a2"])

    calls.end.set()
    assert await asyncio.gather(*hanging, *other) == ["a1"] * 3 + ["a2"]


async def test_a_tenant_whose_accounts_all_hang_leaves_places_to_the_others() -> None:
    calls = Calls(ProviderPlaces(LIMITS, LIMITS))
    hanging = [task for number in range(4) for task in calls.start(account(f"a{number}", "A"), 2)]
    await eventually(lambda: len(calls.under_way) == 4)

    others = [task for tenant in "BCD" for task in calls.start(account(f"{tenant}1", tenant))]

    await eventually(lambda: {"B1", "C1", "D1"} <= set(calls.under_way))
    assert len(calls.under_way) == 4 + 3
    calls.end.set()
    await asyncio.gather(*hanging, *others)


async def test_what_finds_no_place_fails_at_once_and_nothing_was_sent() -> None:
    calls = Calls(ProviderPlaces(LIMITS, LIMITS))
    taken = calls.start(account("a1", "A"), 2 + 2)
    await eventually(lambda: len(calls.under_way) == 2)
    await asyncio.sleep(0)

    with pytest.raises(ProviderBusy) as busy:
        await calls.make(account("a1", "A"))

    assert isinstance(busy.value, Transient)
    assert busy.value.retry_after_s == 60
    calls.end.set()
    await asyncio.gather(*taken)


async def test_a_wait_for_a_place_has_an_end() -> None:
    calls = Calls(ProviderPlaces(LIMITS, replace(LIMITS, patience_s=0.01)))
    taken = calls.start(account("a1", "A"), 2)
    await eventually(lambda: len(calls.under_way) == 2)

    with pytest.raises(ProviderBusy):
        await calls.make(account("a1", "A"))

    calls.end.set()
    await asyncio.gather(*taken)


async def test_background_work_never_takes_the_places_of_people() -> None:
    calls = Calls(ProviderPlaces(LIMITS, LIMITS))
    background = [task for tenant in "ABCDEFGHIJ" for task in calls.start(account(f"{tenant}1", tenant), 2)]
    await eventually(lambda: len(calls.under_way) == 8)

    with someone_waits():
        people = calls.start(account("A1", "A"))

    await eventually(lambda: len(calls.under_way) == 9)
    calls.end.set()
    await asyncio.gather(*background, *people)


async def test_a_place_is_free_again_after_a_failure_and_after_a_cancellation() -> None:
    places = ProviderPlaces(LIMITS, LIMITS)
    calls = Calls(places)
    for task in calls.start(account("a1", "A"), 2):
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    for _ in range(4):
        with pytest.raises(ZeroDivisionError):
            async with places.place(account("a1", "A")):
                raise ZeroDivisionError

    async with places.place(account("a1", "A")) as left_s, places.place(account("a1", "A")):
        assert left_s > 0


def test_every_call_with_a_place_finds_a_connection() -> None:
    ProviderPlaces()
    with pytest.raises(ValueError, match="connection"):
        ProviderPlaces(replace(PEOPLE, total=1_000), BACKGROUND)
