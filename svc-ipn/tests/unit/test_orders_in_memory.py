"""Siblings of a paid order, on the twin of the database: one written after the other, and at the same moment."""

from dataclasses import dataclass, field

import pytest

from gateway_contracts.encrypted import EncryptedValue
from gateway_testkit.clock import START, FrozenClock
from gateway_testkit.memory.database import MemoryDatabase
from gateway_testkit.memory.unit_of_work import MemoryUnitOfWork
from ipn.domain.changes import Change, Facts
from ipn.domain.delivery import Delivery
from ipn.domain.orders import Payment
from ipn.domain.outcome import Outcome
from ipn.store.delivery_store import KernelDeliveryStore
from ipn.store.documents import DOCUMENTS
from ipn.use_cases.notice import Notice
from ipn.use_cases.plan_deliveries import plan_deliveries, start_queues
from ipn.use_cases.record_attempts import record_attempts
from ipn.use_cases.settle_siblings import drop_pointless, is_pointless, note_payments, settle_siblings

SUCCEEDED, CANCELED, REFUNDED = 1, -2, 3
SECRET = EncryptedValue(v=1, c="")
ORDER = ("order",)


class Plain:
    """A sealer without keys."""

    def seal_url(self, organization_id: str, delivery_id: str, url: str) -> EncryptedValue:
        return SECRET

    def seal_body(self, organization_id: str, delivery_id: str, body: str) -> EncryptedValue:
        return SECRET

    def open_url(self, delivery: Delivery) -> str:
        return ""

    def open_body(self, delivery: Delivery) -> bytes:
        return b""

    def target_of(self, url: str) -> str:
        return "shop"


def notice(status: int, queue: str, *, version: int = 2, transaction: str = "", notified: bool = True) -> Notice:
    change = Change(f"{queue}-{transaction}{version}", transaction or f"t-{queue}", status, version, notified)
    facts = Facts(None, None, "", START)
    return Notice(change, facts, "o", "s", False, queue, "https://shop.example", 1, orders=ORDER)


@dataclass
class World:
    """The service without servers, dispatcher and bus."""

    database: MemoryDatabase = field(default_factory=lambda: MemoryDatabase(*DOCUMENTS))
    clock: FrozenClock = field(default_factory=lambda: FrozenClock(START))

    def __post_init__(self) -> None:
        self.store = KernelDeliveryStore(self.database.rows)
        self.uow = MemoryUnitOfWork(self.database, clock=self.clock)

    async def plan(self, *notices: Notice) -> list[Delivery]:
        stored = await plan_deliveries(
            notices, uow=self.uow, store=self.store, sealer=Plain(), clock=self.clock, claim="c"
        )
        return stored.starting

    async def paid(self, queue: str) -> Delivery:
        [delivery] = await start_queues(
            [notice(SUCCEEDED, queue)], store=self.store, sealer=Plain(), clock=self.clock, claim="c"
        )
        assert delivery is not None
        return delivery

    async def settle(self, queue: str, *, is_noted: bool = True) -> list[Delivery]:
        payment = Payment("o", queue, ORDER, is_noted)
        [is_open] = await note_payments([payment], store=self.store, clock=self.clock)
        if not is_open:
            return []
        return await settle_siblings(payment, uow=self.uow, store=self.store, clock=self.clock, claim="d")

    async def fail(self, delivery: Delivery) -> list[Delivery]:
        outcome = Outcome(self.clock.now(), 5, http_status=500)
        return await record_attempts(
            [(delivery, outcome)], uow=self.uow, store=self.store, clock=self.clock, claim="e", jitter=lambda: 0.0
        )

    async def drop(self, delivery: Delivery) -> list[Delivery]:
        return await drop_pointless(delivery, uow=self.uow, store=self.store, clock=self.clock, claim="f")

    def states(self) -> dict[str, tuple[str, str | None]]:
        return {row["lane"]: (row["state"], row["reason"]) for row in self.database.stored("deliveries")}

    @property
    def events(self) -> list[str]:
        return [row["body"]["type"] for row in self.database.stored("outbox")]


@pytest.fixture
def world() -> World:
    return World()


async def test_a_payment_supersedes_what_waits(world: World) -> None:
    [canceled] = await world.plan(notice(CANCELED, "a"))
    await world.fail(canceled)

    await world.paid("b")
    await world.settle("b")

    assert world.states() == {"a": ("superseded", "reference_paid"), "b": ("sending", None)}
    assert world.events == ["ipn.superseded.v1"]


@pytest.mark.parametrize("is_noted", [True, False])
async def test_what_comes_after_a_payment_is_not_sent(world: World, is_noted: bool) -> None:
    if is_noted:
        await world.paid("b")
    await world.settle("b", is_noted=is_noted)

    [late] = await world.plan(notice(CANCELED, "a"))

    assert await is_pointless(late, store=world.store)
    assert await world.drop(late) == []
    assert world.states()["a"] == ("superseded", "reference_paid")


async def test_of_two_at_the_same_moment_one_sees_the_other(world: World) -> None:
    """Both were written before either looked."""
    [canceled] = await world.plan(notice(CANCELED, "a"))
    await world.paid("b")

    assert await is_pointless(canceled, store=world.store)
    assert await world.settle("b") == []
    [queue] = world.database.stored("lanes")
    assert [entry["reason"] for entry in queue["open"]] == ["reference_paid"]

    await world.drop(canceled)
    assert world.states()["a"] == ("superseded", "reference_paid")


async def test_what_was_sent_at_that_moment_gets_no_second_attempt(world: World) -> None:
    [canceled] = await world.plan(notice(CANCELED, "a"))
    await world.paid("b")
    await world.settle("b")

    await world.fail(canceled)

    assert world.states()["a"] == ("superseded", "reference_paid")


async def test_what_stands_behind_a_pointless_one_goes_on(world: World) -> None:
    [canceled] = await world.plan(notice(CANCELED, "a"))
    assert await world.plan(notice(REFUNDED, "a", transaction="other")) == []
    await world.paid("b")

    following = await world.drop(canceled)

    assert [delivery.ipn_status for delivery in following] == [REFUNDED]
    assert [delivery.state for delivery in following] == ["sending"]


async def test_an_order_is_not_paid_elsewhere_by_its_own_checkout(world: World) -> None:
    [canceled] = await world.plan(notice(CANCELED, "a"))
    await world.settle("a", is_noted=False)

    assert not await is_pointless(canceled, store=world.store)


async def test_an_order_that_was_stored_before_it_was_paid_can_be_noted(world: World) -> None:
    """Versions before wrote a row of every order of which something was planned."""
    async with world.database.transaction() as writes:
        writes.replace("orders", {"_id": "order", "updated_at": START, "revision": 3})
    await world.settle("b", is_noted=False)

    [late] = await world.plan(notice(CANCELED, "a"))

    assert await is_pointless(late, store=world.store)


async def test_a_success_that_is_planned_with_a_newer_quiet_change_is_notified_once(world: World) -> None:
    """As when it starts its queue: which way it takes depends on the moment at which it comes."""
    quiet, success = notice(CANCELED, "a", version=4, notified=False), notice(SUCCEEDED, "a", version=3)

    [started] = await world.plan(quiet, success)
    again = await world.plan(success)

    assert (started.id, started.state) == (success.change.delivery_id, "sending")
    assert again == []
    [queue] = world.database.stored("lanes")
    assert (queue["versions"], queue["paid_by"]) == ({"t-a": 4}, "t-a")


async def test_a_success_behind_a_newer_change_that_was_notified_is_not(world: World) -> None:
    await world.plan(notice(CANCELED, "a", version=4))

    assert await world.plan(notice(SUCCEEDED, "a", version=3)) == []
