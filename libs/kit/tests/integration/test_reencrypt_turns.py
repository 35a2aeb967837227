"""Two tenants rotate at once: neither the size of one nor its damaged documents keep the other waiting."""

import asyncio
from typing import Any

import pytest

from gateway_contracts.clock import SystemClock
from gateway_contracts.config import RotationConfig
from gateway_contracts.requests.rotation import ReencryptionReport
from gateway_kit.cancellation import cancel_tasks
from gateway_kit.crypto.errors import KeyUnavailable
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.mongo.reencrypt import Pace, Reencryptor
from gateway_kit.mongo.reencrypt_progress import PASSES_MAX, Progress
from gateway_testkit.keys import OTHER_ORGANIZATION, TEST_ORGANIZATION, new_keyring
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.rotation import PEOPLE, person
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

LOUD, QUIET = TEST_ORGANIZATION, OTHER_ORGANIZATION
# The large one takes twenty seconds alone.
PACE = Pace(documents_per_s=100, batch=20, settle_s=0.01, poll_s=0.01, report_s=0, turn=2, retry_s=0.1)


def rotated(keyring: Keyring, organization_id: str) -> RotationConfig:
    keyring.load(keyring.create("organization", organization_id, "operational", 2))
    return RotationConfig(
        organization_id=organization_id, version=1, job_id=f"job-{organization_id}", targets={"operational": 2}
    )


def worker(db: Any, keyring: Keyring, configs: list[RotationConfig], done: list[str], **options: Any) -> Reencryptor:
    async def report(said: ReencryptionReport) -> bool:
        if said.state == "done":
            done.append(said.job_id)
        return True

    return Reencryptor(
        db=db,
        service="svc-test",
        collections=(PEOPLE,),
        keyring=keyring,
        clock=SystemClock(),
        rotations=lambda: configs,
        report=report,
        **({"pace": PACE} | options),
    )


async def old(db: Any, organization_id: str) -> int:
    return int(await db.people.count_documents({"organization_id": organization_id, "party.v": 1}))


async def test_a_small_tenant_is_done_while_a_large_one_is_under_way(database: TestDatabase) -> None:
    db, keyring, done = database.db, new_keyring(LOUD, QUIET), list[str]()
    await db.people.insert_many([person(keyring, LOUD, number, "x") for number in range(2_000)])
    await db.people.insert_many([person(keyring, QUIET, number, "x") for number in range(2_000, 2_010)])
    configs = [rotated(keyring, LOUD), rotated(keyring, QUIET)]

    running = asyncio.create_task(worker(db, keyring, configs, done).run())
    await eventually(lambda: done == [configs[1].job_id])
    left = await old(db, LOUD)
    await cancel_tasks([running])

    assert await old(db, QUIET) == 0
    assert left > 1_000


async def test_a_tenant_whose_documents_cannot_be_written_delays_no_other(database: TestDatabase) -> None:
    db, keyring, done = database.db, new_keyring(LOUD, QUIET), list[str]()
    await db.people.insert_many([person(keyring, LOUD, 1, "x"), person(keyring, QUIET, 2, "x")])
    configs = [rotated(keyring, LOUD), rotated(keyring, QUIET)]

    async def rewrite(identifier: str, renewals: Any) -> bool:
        if identifier == f"{1:024x}":
            raise ValueError("a record that its own model refuses")
        await db.people.update_one(
            {"_id": identifier}, {"$set": {one.path: one.after.model_dump() for one in renewals}}
        )
        return True

    running = asyncio.create_task(worker(db, keyring, configs, done, rewriters={"people": rewrite}).run())
    await eventually(lambda: set(done) == {config.job_id for config in configs})
    await cancel_tasks([running])

    assert (await old(db, QUIET), await old(db, LOUD)) == (0, 1)
    row: Any = await db.reencryption.find_one({"_id": configs[0].job_id})
    assert row["failed"] == 1


async def test_a_job_that_fails_altogether_delays_no_other(database: TestDatabase) -> None:
    db, keyring, done = database.db, new_keyring(LOUD, QUIET), list[str]()
    await db.people.insert_many([person(keyring, LOUD, 1, "x"), person(keyring, QUIET, 2, "x")])
    configs = [rotated(keyring, LOUD), rotated(keyring, QUIET)]
    renew = keyring.renew

    def broken(value: Any, place: Any) -> Any:
        if place.organization_id == LOUD:
            raise RuntimeError("an unexpected error")
        return renew(value, place)

    keyring.renew = broken  # type: ignore[method-assign]
    running = asyncio.create_task(worker(db, keyring, configs, done).run())
    await eventually(lambda: done == [configs[1].job_id])

    keyring.renew = renew  # type: ignore[method-assign]
    await eventually(lambda: len(done) == 2)
    await cancel_tasks([running])
    assert await old(db, LOUD) == 0


async def test_without_its_key_a_tenant_waits_alone(database: TestDatabase) -> None:
    db, keyring, done = database.db, new_keyring(LOUD, QUIET), list[str]()
    await db.people.insert_one(person(keyring, QUIET, 2, "x"))
    missing = RotationConfig(organization_id=LOUD, version=1, job_id="missing", targets={"operational": 2})
    configs = [missing, rotated(keyring, QUIET)]
    alone = worker(db, keyring, configs, done)
    with pytest.raises(KeyUnavailable):
        await alone.turn(missing)

    running = asyncio.create_task(alone.run())
    await eventually(lambda: done == [configs[1].job_id])
    await cancel_tasks([running])


def test_passes_have_an_end() -> None:
    progress = Progress("job", passes=PASSES_MAX - 1, dirty=1)
    progress.end_pass()
    assert not progress.is_done
    progress.dirty = 2
    progress.end_pass()
    assert (progress.is_done, progress.failed) == (True, 2)
