"""The suite of leases on many rows: claims and their ends behave the same in MongoDB and in memory."""

import asyncio
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Literal

import pytest

from gateway_contracts.aggregates import Aggregate, Scope
from gateway_contracts.collection_specs import CollectionSpec, IndexSpec
from gateway_contracts.errors import ChangedMeanwhile
from gateway_contracts.ids import new_object_id
from gateway_kit.mongo.documents import StoredDocument
from gateway_kit.mongo.leases import Held, LeaseRule, Leases
from gateway_kit.mongo.unit_of_work import Tx
from gateway_testkit.clock import START
from gateway_testkit.store_conformance import StorePlace

RULE: Final = LeaseRule(waiting="open", held="taken", group="host")
LEASE: Final = timedelta(seconds=25)
A, B = "65a00000000000000000000a", "65a00000000000000000000b"


class Errand(Aggregate):
    state: Literal["open", "taken", "done", "aside"] = "open"
    host: str = "h"
    queue: str
    next_attempt_at: datetime | None = START
    lease_until: datetime | None = None
    claim: str | None = None
    losses: int = 0


class ErrandDocument(Errand, StoredDocument):
    collection: ClassVar = CollectionSpec(
        "gw_test",
        "errands",
        (
            IndexSpec(tuple(RULE.index), partial={"state": "open"}),
            IndexSpec((("queue", 1),), unique=True, partial={"state": "taken"}),
        ),
    )


class LeaseConformance:
    """A subclass has a fixture ``place``."""

    @pytest.fixture
    def leases(self, place: StorePlace[Errand]) -> Leases[Errand]:
        return place.store.leases(RULE)

    async def test_due_rows_are_found_by_tenant(self, place: StorePlace[Errand], leases: Leases[Errand]) -> None:
        late = await add(place, A)
        early = await add(place, A, next_attempt_at=START - LEASE, host="slow")
        await add(place, A, next_attempt_at=START + LEASE)
        await add(place, B)

        assert await leases.tenants_due(now=START, after="", limit=5) == [A, B]
        assert await leases.tenants_due(now=START, after=A, limit=5) == [B]
        assert await leases.tenants_due(now=START, after="", limit=1) == [A]
        due = await leases.due_of(A, now=START, limit=5, without=())
        assert due == [(early.id, "slow"), (late.id, "h")]
        assert await leases.due_of(A, now=START, limit=5, without={"slow"}) == [(late.id, "h")]
        assert await leases.due_of(A, now=START, limit=1, without=()) == [(early.id, "slow")]

    async def test_of_many_claims_one_gets_a_row(self, place: StorePlace[Errand], leases: Leases[Errand]) -> None:
        ids = [(await add(place, A)).id for _ in range(3)]

        claims = await asyncio.gather(*(taken(leases, ids, claim=str(n)) for n in range(5)))

        assert sorted(one.id for won in claims for one in won) == sorted(ids)

    async def test_a_claim_is_a_new_version(self, place: StorePlace[Errand], leases: Leases[Errand]) -> None:
        before = await add(place, A)
        [one] = await taken(leases, [before.id])

        expected = {"state": "taken", "claim": "c", "lease_until": START + LEASE, "next_attempt_at": None}
        assert one == before.model_copy(update={**expected, "version": 2})
        with pytest.raises(ChangedMeanwhile):
            await replace(place, before, before.changed(state="done"))
        assert await replace(place, one, one.changed(state="done")) == await stored(place, one)

    async def test_what_is_not_due_is_not_claimed(self, place: StorePlace[Errand], leases: Leases[Errand]) -> None:
        later = await add(place, A, next_attempt_at=START + LEASE)
        done = await add(place, A, state="done")

        assert await taken(leases, [later.id, done.id, new_object_id()]) == []

    async def test_a_unique_key_under_way_keeps_only_its_own_rows_waiting(
        self, place: StorePlace[Errand], leases: Leases[Errand]
    ) -> None:
        busy, second, other = await add(place, A, queue="q"), await add(place, A, queue="q"), await add(place, B)
        await taken(leases, [busy.id])

        assert [one.id for one in await taken(leases, [second.id, other.id], claim="d")] == [other.id]
        waiting = await stored(place, second)
        assert waiting.state == "open"
        assert waiting.next_attempt_at is not None
        assert waiting.next_attempt_at > START

    async def test_the_holder_gives_back(self, place: StorePlace[Errand], leases: Leases[Errand]) -> None:
        one, other = await add(place, A), await add(place, A)
        await taken(leases, [one.id, other.id])

        await leases.release([Held(one.id, "c"), Held(other.id, "foreign")], now=START)

        assert [(await stored(place, each)).state for each in (one, other)] == ["open", "taken"]
        assert [each.id for each in await taken(leases, [one.id, other.id], claim="d")] == [one.id]

    async def test_lost_leases_are_found_and_taken_back(
        self, place: StorePlace[Errand], leases: Leases[Errand]
    ) -> None:
        one, other = await add(place, A), await add(place, A)
        await taken(leases, [one.id])
        await taken(leases, [other.id], claim="d", until=START + 2 * LEASE)
        assert await leases.lost(now=START, limit=5) == []

        found = await leases.lost(now=START + 2 * LEASE, limit=5)
        assert [row.raw["_id"] for row in found] == [one.id, other.id]
        assert found[0].size > 100
        await leases.extend([Held(other.id, "d")], until=START + 5 * LEASE)
        await leases.take_back([(Held(one.id, "c"), START + 3 * LEASE, {"losses": 1})])

        assert await leases.lost(now=START + 2 * LEASE, limit=5) == []
        back = await stored(place, one)
        assert (back.state, back.losses, back.claim, back.version) == ("open", 1, None, 3)
        assert back.next_attempt_at == START + 3 * LEASE
        assert (await stored(place, other)).version == 2

    async def test_a_lease_ends_in_a_transaction(self, place: StorePlace[Errand], leases: Leases[Errand]) -> None:
        one = await add(place, A)
        await taken(leases, [one.id])

        def ending(claim: str) -> Any:
            async def work(tx: Tx) -> bool:
                return await leases.end(tx, Held(one.id, claim), states={"taken"}, change={"state": "aside"})

            return place.uow.run(work)

        assert not await ending("foreign")
        assert await ending("c")
        assert not await ending("c")
        over = await stored(place, one)
        assert (over.state, over.claim, over.lease_until, over.version) == ("aside", None, None, 3)

    async def test_each_of_several_inserts_says_whether_it_was_new(self, place: StorePlace[Errand]) -> None:
        a, b, c = (errand(A, state="taken", queue=queue) for queue in ("1", "1", "2"))

        assert await place.store.now.insert_each([a, a, b, c]) == [True, False, False, True]
        assert await stored(place, c) == c

    def test_an_index_that_is_not_there_is_refused(self, place: StorePlace[Errand]) -> None:
        with pytest.raises(ValueError, match="have no index"):
            place.store.leases(LeaseRule(waiting="open", held="taken", group="queue"))


def errand(organization_id: str, **fields: Any) -> Errand:
    values = {"id": new_object_id(), "organization_id": organization_id, "queue": new_object_id()}
    return Errand.model_validate(values | fields)


async def add(place: StorePlace[Errand], organization_id: str, **fields: Any) -> Errand:
    one = errand(organization_id, **fields)
    assert await place.store.now.insert(one)
    return one


async def taken(
    leases: Leases[Errand], ids: list[str], *, claim: str = "c", until: datetime = START + LEASE
) -> list[Errand]:
    claims = await leases.claim(ids, now=START, until=until, claim=claim)
    assert claims.unreadable == []
    return claims.won


async def stored(place: StorePlace[Errand], one: Errand) -> Errand:
    found = await place.store.get(None, Scope(one.organization_id), one.id)
    assert found is not None
    return found


async def replace(place: StorePlace[Errand], before: Errand, after: Errand) -> Errand:
    async def work(tx: Tx) -> Errand:
        return place.store.replace(tx, before, after)

    return await place.uow.run(work)
