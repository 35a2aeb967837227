"""Checks of audit logs: walked once for all who ask, few at a time, and beside other work."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from admin_api.shared.domain.audit import GENESIS, Entry, Head
from admin_api.shared.store.audit_log import AuditLog
from admin_api.shared.use_cases import verify_audit as verifying
from admin_api.shared.use_cases.verify_audit import BATCH, CHAINS_MAX, ChainChecks, ChainReport, verify_chain
from gateway_contracts.errors import Transient
from gateway_testkit.clock import FrozenClock
from gateway_testkit.waiting import eventually


def a_chain(length: int, clock: FrozenClock) -> list[Entry]:
    entries: list[Entry] = []
    for sequence in range(1, length + 1):
        entry = Entry(
            id=f"{sequence:024x}",
            organization_id="a",
            sequence=sequence,
            at=clock.now(),
            actor_kind="member",
            actor_id="b" * 24,
            actor_role="admin",
            action="site.update",
            object_type="site",
            object_id="c" * 24,
            livemode=True,
            request_id="req_1",
            address_hash="d" * 64,
            previous_hash=entries[-1].hash if entries else GENESIS,
        )
        entries.append(entry.changed(hash=entry.computed_hash()))
    return entries


class Chains:
    """The same chain in every organization. It knows no addresses, and its rows come without a wait."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.walks = 0
        self.go = asyncio.Event()

    async def head(self, organization_id: str) -> Head:
        self.walks += 1
        await self.go.wait()
        return Head(id=organization_id, sequence=len(self.entries), hash=self.entries[-1].hash)

    async def links(self, _organization_id: str) -> AsyncIterator[Entry]:
        for entry in self.entries:
            yield entry


@pytest.fixture
def chains(frozen_clock: FrozenClock) -> Chains:
    return Chains(a_chain(3, frozen_clock))


def check(checks: ChainChecks, chains: Chains, organization_id: str = "a") -> "asyncio.Task[ChainReport]":
    return asyncio.create_task(checks.check(organization_id, audit=cast(AuditLog, chains)))


async def test_a_chain_is_walked_once_for_all_who_ask_meanwhile(chains: Chains) -> None:
    checks = ChainChecks()
    asked = [check(checks, chains)]
    await eventually(lambda: chains.walks == 1)
    asked += [check(checks, chains) for _ in range(20)]

    chains.go.set()

    assert set(await asyncio.gather(*asked)) == {ChainReport("a", 3)}
    assert chains.walks == 2


async def test_few_chains_are_walked_at_a_time(chains: Chains, monkeypatch: pytest.MonkeyPatch) -> None:
    checks = ChainChecks()
    asked = [check(checks, chains, f"{number}") for number in range(CHAINS_MAX)]
    await eventually(lambda: chains.walks == CHAINS_MAX)
    waiting = check(checks, chains, "waiting")
    await eventually(lambda: checks.waiting == 1)
    monkeypatch.setattr(verifying, "WAIT_S", 0.0)

    with pytest.raises(Transient) as busy:
        await check(checks, chains, "late")

    assert (busy.value.code, chains.walks) == ("OVERLOADED", CHAINS_MAX)
    chains.go.set()
    reports = await asyncio.gather(*asked, waiting)
    assert {report.problem for report in reports} == {None}


async def test_other_work_has_its_turn_during_a_long_walk(frozen_clock: FrozenClock) -> None:
    chains: Any = Chains(a_chain(10 * BATCH, frozen_clock))
    chains.go.set()
    head = await chains.head("a")
    turns = 0

    async def other_work() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(other_work())
    report = await verify_chain(head, audit=chains)
    beside.cancel()

    assert (report, turns >= 10) == (ChainReport("a", 10 * BATCH), True)
