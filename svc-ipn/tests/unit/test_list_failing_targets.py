"""Receivers that do not take their notifications: groups, and what operators see of an address."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from gateway_contracts.actor import Actor
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.errors import Forbidden
from gateway_contracts.rpc import Call, Empty
from gateway_kit.crypto.errors import DecryptionFailed
from gateway_kit.set_aside import OPERATOR
from gateway_testkit.memory.database import MemoryDatabase
from ipn.domain.delivery import Delivery
from ipn.domain.outcome import Outcome
from ipn.rpc.handlers import IpnRequests
from ipn.store.delivery_store import KernelDeliveryStore
from ipn.store.documents import DOCUMENTS

NOW = datetime(2026, 1, 31, 8, tzinfo=UTC)
A, B = "a" * 24, "b" * 24


def a_delivery(number: int, organization_id: str, target: str, *attempts: Outcome) -> Delivery:
    return Delivery(
        id=f"dlv_{number}",
        organization_id=organization_id,
        site_id="s",
        livemode=True,
        lane=f"checkout{number}",
        transaction_id="t",
        ipn_status=1,
        event_version=1,
        dialect=2,
        body=EncryptedValue(v=1, c=""),
        url=EncryptedValue(v=1, c=""),
        target=target,
        state="waiting",
        created_at=NOW - timedelta(minutes=number),
        next_attempt_at=NOW,
        attempts=attempts,
    )


class Sealer:
    """The host of an address is the delivery's target."""

    def open_url(self, delivery: Delivery) -> str:
        if delivery.target == "damaged":
            raise DecryptionFailed("no")
        return f"https://user:word@{delivery.target}.example:8443/ipn?token=secret"


async def requests_over(*deliveries: Delivery) -> IpnRequests:
    store = KernelDeliveryStore(MemoryDatabase(*DOCUMENTS).rows)
    await store.add_first(deliveries)
    nothing = cast(Any, None)
    return IpnRequests(
        uow=nothing, store=store, sealer=cast(Any, Sealer()), signer=nothing, clock=nothing, dispatch=lambda _: None
    )


async def test_receivers_are_grouped_and_the_largest_group_comes_first() -> None:
    timeout, refused = Outcome(NOW, 10_000, error="timeout"), Outcome(NOW - timedelta(hours=1), 5, http_status=500)
    requests = await requests_over(
        a_delivery(1, A, "one", timeout),
        a_delivery(2, A, "two", refused),
        a_delivery(3, A, "two", refused, timeout),
        a_delivery(4, B, "two", refused),
        a_delivery(5, B, "fresh"),
        a_delivery(7, B, "done", refused).model_copy(update={"state": "delivered"}),
        a_delivery(6, B, "damaged", refused),
    )
    found = await requests.list_failing_targets(Empty(), Call(actor=OPERATOR))

    shown = [(each.organization_id, each.host, each.waiting, each.http_status, each.error) for each in found.targets]
    assert shown[0] == (A, "two.example", 2, None, "timeout")
    assert (B, "two.example", 1, 500, None) in shown
    assert (B, "", 1, 500, None) in shown
    assert len(shown) == 4
    assert found.targets[0].oldest_at == NOW - timedelta(minutes=3)
    assert found.is_complete
    assert "secret" not in str(found)
    assert "word" not in str(found)


async def test_only_operators_see_the_receivers_of_all_organizations() -> None:
    merchant = Actor(kind="api_key", organization_id=A, scopes=("*:*",), livemode=True, role="admin")
    requests = await requests_over()
    with pytest.raises(Forbidden):
        await requests.list_failing_targets(Empty(), Call(actor=merchant))
