"""``python -m bench.rotation [documents]``: a data key is rotated while others read and write, killed once on the way.

Real MongoDB, the service's own worker in a process of its own. Prints documents per second and what the traffic felt.
"""

import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.table import machine
from gateway_contracts.encrypted import EncryptedValue
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.mongo.client import open_client
from gateway_testkit.rotation import PEOPLE, Rotation, person
from gateway_testkit.servers import choose_source, running_mongo
from gateway_testkit.waiting import eventually

DOCUMENTS = 10_000
VISITORS = 4
DATABASE = "bench_rotation"
LEASE_S = 2.0


@dataclass
class Visitors:
    """Each reads a document, decrypts it and writes a value back, one after the other."""

    db: Any
    keyring: Keyring
    organization_id: str
    documents: int
    took_ms: list[float] = field(default_factory=list)
    unreadable: int = 0
    is_over: bool = False

    async def run(self, place: int) -> None:
        """Until it is over."""
        number = place
        while not self.is_over:
            number = (number + 7 * VISITORS) % self.documents
            started = time.perf_counter()
            await self._visit(f"{number:024x}")
            self.took_ms.append((time.perf_counter() - started) * 1000)

    async def _visit(self, identifier: str) -> None:
        row = await self.db.people.find_one({"_id": identifier})
        place = (self.organization_id, PEOPLE.name, identifier, "party")
        try:
            self.keyring.decrypt(EncryptedValue.model_validate(row["party"]), *place)
        except Exception:
            self.unreadable += 1
        value = self.keyring.encrypt(*place, "changed").model_dump()
        await self.db.people.update_one({"_id": identifier}, {"$set": {"party": value}})

    def summary(self) -> str:
        """Since the last one."""
        took, self.took_ms = self.took_ms, []
        p99 = statistics.quantiles(took, n=100)[98]
        return f"{len(took)} visits, median {statistics.median(took):.1f} ms, p99 {p99:.1f} ms"


def _spawn(order: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway_testkit.rotation"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert process.stdin is not None
    process.stdin.write(order.encode())
    process.stdin.close()
    return process


async def _measure(uri: str, documents: int) -> int:
    client = open_client(uri)
    db, rotation = client[DATABASE], Rotation()
    keyring = rotation.keyring()
    for first in range(0, documents, 1000):
        numbers = range(first, min(first + 1000, documents))
        await db.people.insert_many([person(keyring, rotation.organization_id, number, "Ada") for number in numbers])
    config = rotation.begin()
    visitors = Visitors(db, rotation.keyring(), rotation.organization_id, documents)
    tasks = [asyncio.create_task(visitors.run(place)) for place in range(VISITORS)]
    await asyncio.sleep(3)
    quiet = visitors.summary()
    pace = {"documents_per_s": 1e6, "batch": 100, "lease_s": LEASE_S, "settle_s": 0.5, "report_s": 1, "poll_s": 0.2}
    order = rotation.order(config, uri, DATABASE, pace)
    started = time.monotonic()
    process = _spawn(order)
    await eventually(lambda: _changed(db, documents // 3), 120)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process = _spawn(order)
    try:
        done: Any = await eventually(lambda: db.reports.find_one({"state": "done"}), 600)
    finally:
        process.kill()
        process.wait()
    elapsed = time.monotonic() - started
    visitors.is_over = True
    await asyncio.gather(*tasks)
    left = await _left(db)
    print(f"\n{machine()}\n")
    print(f"documents          {documents}, two encrypted fields each; killed once, lease {LEASE_S:.0f} s")
    print(f"encrypted again    {done['changed']} in {done['busy_s']:.1f} s of work ({done['passes']} passes)")
    print(f"rate               {done['changed'] / done['busy_s']:.0f} documents/s of work; {elapsed:.1f} s in all")
    print(f"traffic before     {quiet}")
    print(f"traffic meanwhile  {visitors.summary()}, unreadable {visitors.unreadable}")
    print(f"left under the old key  {left}")
    await client.close()
    return int(bool(left or visitors.unreadable or done["failed"]))


async def _changed(db: Any, count: int) -> bool:
    row = await db.reencryption.find_one({})
    return row is not None and row.get("changed", 0) >= count


async def _left(db: Any) -> int:
    return int(await db.people.count_documents({"$or": [{"party.v": 1}, {"note.value.v": 1}]}))


def main() -> int:
    """The exit code: 1 when something was left or unreadable."""
    documents = int(sys.argv[1]) if len(sys.argv) > 1 else DOCUMENTS
    source = choose_source("TEST_MONGODB_URI")
    with (
        tempfile.TemporaryDirectory(prefix="gateway-bench-") as folder,
        running_mongo(source, Path(folder)) as server,
    ):
        return asyncio.run(_measure(server.uri, documents))


if __name__ == "__main__":
    sys.exit(main())
