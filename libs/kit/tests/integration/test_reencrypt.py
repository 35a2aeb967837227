"""Rotation over a real database: to the end while others read and write, also through the death of the process."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pymongo import MongoClient

from gateway_contracts.clock import SystemClock
from gateway_contracts.config import RotationConfig
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.requests.rotation import ReencryptionReport
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.mongo.reencrypt import Pace, Reencryptor, Rewrite
from gateway_testkit.keys import OTHER_ORGANIZATION, TEST_ORGANIZATION
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.rotation import PEOPLE, Rotation, person
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

DOCUMENTS = 10_000
FAST = Pace(documents_per_s=100_000, batch=200, lease_s=600, settle_s=0.01, report_s=0)


@pytest.fixture
def spawn() -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []

    def start(order: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-m", "gateway_testkit.rotation"], stdin=subprocess.PIPE)
        started.append(process)
        assert process.stdin is not None
        process.stdin.write(order.encode())
        process.stdin.close()
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


class Traffic:
    """Reads and writes one document after the other, with the keys of a process that learned of the new one late."""

    def __init__(self, db: Any, keyring: Keyring) -> None:
        self.db, self.keyring = db, keyring
        self.written: dict[str, str] = {}
        self.reads = 0
        self.is_over = False

    async def run(self) -> None:
        number = 0
        while not self.is_over:
            number = (number + 37) % DOCUMENTS
            await self.visit(f"{number:024x}", f"changed {self.reads}")

    async def visit(self, identifier: str, text: str) -> None:
        row = await self.db.people.find_one({"_id": identifier})
        for name, raw in (("party", row["party"]), ("note", row["note"]["value"])):
            value = EncryptedValue.model_validate(raw)
            self.keyring.decrypt(value, TEST_ORGANIZATION, PEOPLE.name, identifier, name)
        sealed = self.keyring.encrypt(TEST_ORGANIZATION, PEOPLE.name, identifier, "party", text).model_dump()
        await self.db.people.update_one({"_id": identifier}, {"$set": {"party": sealed}, "$inc": {"visits": 1}})
        self.written[identifier] = text
        self.reads += 1


def worker(
    db: Any, keyring: Keyring, config: RotationConfig, reports: list[ReencryptionReport], **options: Any
) -> Reencryptor:
    async def report(said: ReencryptionReport) -> bool:
        reports.append(said)
        return True

    return Reencryptor(
        db=db,
        service="svc-test",
        collections=(PEOPLE,),
        keyring=keyring,
        clock=SystemClock(),
        rotations=lambda: [config],
        report=report,
        pace=options.pop("pace", FAST),
        **options,
    )


async def old_versions(db: Any) -> int:
    return int(await db.people.count_documents({"$or": [{"party.v": 1}, {"note.value.v": 1}]}))


@pytest.mark.nightly
@pytest.mark.timeout(600)
async def test_rotation_survives_a_kill_while_traffic_goes_on(
    database: TestDatabase, spawn: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    rotation, db = Rotation(), database.db
    before = rotation.keyring()
    await db.people.insert_many([person(before, TEST_ORGANIZATION, n, f"person {n}") for n in range(DOCUMENTS)])
    config = rotation.begin()
    pace = {"batch": 50, "lease_s": 1.0, "settle_s": 0.1, "report_s": 0.1, "poll_s": 0.1}
    # Twenty seconds for all of it: time enough to be killed in the middle.
    slow = rotation.order(config, database.uri, database.name, {**pace, "documents_per_s": 100})
    quick = rotation.order(config, database.uri, database.name, {**pace, "documents_per_s": 100_000})
    traffic = Traffic(db, rotation.keyring())
    busy = asyncio.create_task(traffic.run())

    first = spawn(slow)
    await eventually(lambda: _changed(db, 300))
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    left = await old_versions(db)
    assert 0 < left < DOCUMENTS, "killed in the middle"

    second = spawn(quick)
    done = await eventually(lambda: db.reports.find_one({"state": "done"}), timeout_s=300)
    await eventually(lambda: busy.done() or traffic.reads > 50)
    traffic.is_over = True
    await busy

    assert done["pid"] == second.pid
    assert done["failed"] == 0
    assert done["passes"] >= 2, "the last pass finds nothing"
    assert done["changed"] > left, "what the first one changed counts too"
    assert done["busy_s"] > 0
    assert await old_versions(db) == 0
    resumed_at: Any = await db.reports.find_one({"pid": second.pid}, sort=[("_id", 1)])
    assert resumed_at["scanned"] > 100, "it did not begin again"
    await _all_readable(db, traffic)


async def _changed(db: Any, count: int) -> bool:
    row = await db.reencryption.find_one({"_id": "job1"})
    return row is not None and row.get("changed", 0) >= count


async def _all_readable(db: Any, traffic: Traffic) -> None:
    seen = 0
    async for row in db.people.find():
        value = EncryptedValue.model_validate(row["party"])
        text = traffic.keyring.decrypt(value, TEST_ORGANIZATION, PEOPLE.name, row["_id"], "party").decode()
        # What traffic wrote last stands: no write was lost to the walk.
        assert text == traffic.written.get(row["_id"], f"person {int(row['_id'], 16)}")
        seen += 1
    assert seen == DOCUMENTS


async def test_a_write_between_reading_and_writing_wins(database: TestDatabase) -> None:
    rotation, db = Rotation(), database.db
    await db.people.insert_one(person(rotation.keyring(), TEST_ORGANIZATION, 1, "old"))
    config = rotation.begin()
    keyring, reports = rotation.keyring(), list[ReencryptionReport]()
    runner = worker(db, keyring, config, reports)
    renew = keyring.renew
    written = asyncio.Event()

    def renew_late(value: EncryptedValue, place: Any) -> EncryptedValue:
        if not written.is_set() and place.field == "party":
            written.set()
            sealed = late.encrypt(TEST_ORGANIZATION, PEOPLE.name, place.document_id, "party", "new")
            meddler.people.update_one({"_id": place.document_id}, {"$set": {"party": sealed.model_dump()}})
        return renew(value, place)

    early = Rotation(system_key=rotation.system_key, hash_key=rotation.hash_key, deks=rotation.deks[:1])
    late = early.keyring()
    with MongoClient[dict[str, Any]](database.uri) as client:
        meddler = client[database.name]
        keyring.renew = renew_late  # type: ignore[method-assign]  # the moment between reading and writing
        await runner.advance(config)

    row: Any = await db.people.find_one({})
    value = EncryptedValue.model_validate(row["party"])
    assert value.v == 2
    assert keyring.decrypt(value, TEST_ORGANIZATION, PEOPLE.name, row["_id"], "party") == b"new"
    assert reports[-1].passes == 3, "the written one was found by the second pass, the third found nothing"


async def test_other_tenants_and_damaged_values_stay_as_they_are(database: TestDatabase) -> None:
    rotation, db = Rotation(), database.db
    keyring = rotation.keyring()
    other = keyring.create("organization", OTHER_ORGANIZATION, "operational", 1)
    keyring.load(other)
    foreign = person(keyring, OTHER_ORGANIZATION, 2, "foreign")
    damaged = person(keyring, TEST_ORGANIZATION, 3, "damaged")
    damaged["party"]["c"] = "AAAA" + damaged["party"]["c"][4:]
    await db.people.insert_many([person(keyring, TEST_ORGANIZATION, 1, "mine"), foreign, damaged])
    config, reports = rotation.begin(), list[ReencryptionReport]()

    await worker(db, rotation.keyring(), config, reports).advance(config)

    assert reports[-1].state == "done"
    assert reports[-1].failed == 1
    assert reports[-1].changed == 2
    assert await db.people.find_one({"_id": foreign["_id"]}) == foreign
    kept: Any = await db.people.find_one({"_id": damaged["_id"]})
    assert kept["party"] == damaged["party"]
    assert kept["note"]["value"]["v"] == 2


async def test_a_job_is_done_by_one_process_and_reported_once(database: TestDatabase) -> None:
    rotation, db = Rotation(), database.db
    await db.people.insert_one(person(rotation.keyring(), TEST_ORGANIZATION, 1, "x"))
    config, reports = rotation.begin(), list[ReencryptionReport]()
    keyring = rotation.keyring()
    one, two = worker(db, keyring, config, reports), worker(db, keyring, config, reports)
    assert await one.store.claim(config.job_id) is not None

    await two.advance(config)
    assert reports == []

    await one.advance(config)
    await one.advance(config)
    assert [said.state for said in reports].count("done") == 1


async def test_documents_with_a_rule_of_their_own_change_by_it(database: TestDatabase) -> None:
    rotation, db = Rotation(), database.db
    await db.people.insert_one(person(rotation.keyring(), TEST_ORGANIZATION, 1, "x"))
    config, reports = rotation.begin(), list[ReencryptionReport]()
    asked: list[list[str]] = []

    async def rewrite(identifier: str, renewals: Any) -> bool:
        asked.append([renewal.path for renewal in renewals])
        change = {renewal.path: renewal.after.model_dump() for renewal in renewals}
        await db.people.update_one({"_id": identifier}, {"$set": change, "$inc": {"version": 1}})
        return True

    rewriters: dict[str, Rewrite] = {"people": rewrite}
    await worker(db, rotation.keyring(), config, reports, rewriters=rewriters).advance(config)

    assert asked == [["party", "note.value"]]
    assert await old_versions(db) == 0
