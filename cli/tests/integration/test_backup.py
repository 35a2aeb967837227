"""A backup while payments are made, restored on an empty machine whose services go on from there.

The order of the tests counts: first the machine that is backed up, then the file, then the other machine.
"""

import asyncio
import contextlib
import json
import secrets
import shlex
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from command_line import Operator
from pymongo import AsyncMongoClient

from gateway_contracts.collections import DATABASES
from gateway_embedded.layout import REPOSITORY, Layout, read_json, write_json
from gateway_kit.backup.errors import BackupError
from gateway_kit.mongo.raw_copy import one_moment, read_batches
from gateway_testkit.merchant import Merchant, running_merchant
from gateway_testkit.parts import Parts, parts_in
from gateway_testkit.tenants import INVOICING, WIRE, Tenant, open_tenant
from gateway_testkit.waiting import eventually
from gateway_testkit.walk import section_of, steps_in

SERVICES: Final = ("svc-admin-api", "svc-transaction", "svc-invoice", "svc-ipn")
PASSPHRASE: Final = "correct horse battery staple"
SYSTEM_KEYS: Final = ("system_encryption_key", "system_search_hash_key")
FINISHED: Final = 1
UNDER_WAY_MAX: Final = 20
FILE: Final = "gateway.backup"
"""The name that the document gives it."""


def documented() -> list[list[str]]:
    """The arguments of the commands that the operators' document shows, in its order."""
    steps = steps_in(section_of(REPOSITORY / "docs/operating.md", "## Backups"))
    lines = [line for step in steps for line in step.command.splitlines() if line.startswith("gateway ")]
    return [shlex.split(line, comments=True)[1:] for line in lines]


BACKUP, CHECK, RESTORE = documented()


def on(file: Path, command: list[str]) -> list[str]:
    """The command about this file."""
    return [str(file) if each == FILE else each for each in command]


@dataclass
class Shop:
    """A merchant who enters payments, on one machine or the other.

    Attributes:
        seen: answers to the merchant about what was finished before the backup, by path.
        acknowledged: payments that were accepted before the backup began.
        entered: all payments of the machine that was backed up.
    """

    tenant: Tenant
    server: Merchant
    site_id: str
    seen: dict[str, Any]
    acknowledged: list[str]
    entered: list[str]

    async def pay(self) -> str:
        """Enter a payment; its id."""
        body = {
            "siteId": self.site_id,
            "amount": 4900,
            "currency": "EUR",
            "receivedAt": datetime.now(UTC).isoformat(),
            "externalReference": f"order-{secrets.token_hex(6)}",
            "ipnUrl": self.server.url,
            "dispatchIpn": True,
            "billingAddress": {"name": "Erika Muster", "country": "DE"},
        }
        return str((await self.tenant.make_soon("/transactions/manual", body))["id"])

    async def look(self, path: str) -> Any:
        """The answer of the API: an object, or the bytes of a document."""
        answer = await self.tenant.ask("GET", path)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        return answer.content if path.endswith("/pdf") else answer.json()

    async def is_notified(self, transaction_id: str) -> bool:
        """Whether the gateway knows that its notification arrived."""
        ipn = (await self.look(f"/transactions/{transaction_id}"))["ipn"]
        return [each["state"] for each in ipn] == ["delivered"]

    async def invoice(self, transaction_id: str) -> dict[str, Any]:
        """Wait for the only invoice of a payment."""

        async def check() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = (await self.look(f"/invoices?transactionId={transaction_id}"))["invoices"]
            return found

        invoices: list[dict[str, Any]] = await eventually(check)
        assert len(invoices) == 1
        return invoices[0]


def operator_of(parts: Parts) -> Operator:
    return Operator(parts.env.operator() | {"GATEWAY_BACKUP_PASSPHRASE": PASSPHRASE})


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("backups") / FILE


@pytest_asyncio.fixture(scope="module")
async def merchant() -> AsyncIterator[Merchant]:
    async with running_merchant() as server:
        yield server


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """The machine that is backed up, and gone afterwards."""
    with parts_in(tmp_path_factory.mktemp("lost")) as parts:
        parts.start(*SERVICES)
        yield parts


@pytest_asyncio.fixture(scope="module")
async def shop(lost: Parts, merchant: Merchant) -> AsyncIterator[Shop]:
    tenant = await open_tenant(await lost.as_stack(), "Shop")
    settings = await tenant.ask("PUT", "/organizations/settings/invoicing", INVOICING)
    assert settings.is_success, settings.text
    wire = await tenant.make("/providers", WIRE)
    site = await tenant.make("/sites", {"name": "Shop", "providerIds": [wire["id"]]})
    invited = {"email": "new@example.com", "role": "admin"}
    await tenant.make(f"/organizations/{tenant.organization_id}/members", invited, tenant.live_key)
    shop = Shop(tenant, merchant, site["id"], {}, [], [])
    for _ in range(FINISHED):
        transaction_id = await shop.pay()
        shop.acknowledged.append(transaction_id)
        await eventually(lambda each=transaction_id: shop.is_notified(each))  # type: ignore[misc]  # a default binds it
        invoice = await shop.invoice(transaction_id)
        await eventually(lambda path=f"/invoices/{invoice['id']}/pdf": shop.look(path))  # type: ignore[misc]  # a default binds it
        for path in (f"/transactions/{transaction_id}", f"/invoices/{invoice['id']}", f"/invoices/{invoice['id']}/pdf"):
            shop.seen[path] = await shop.look(path)
    yield shop
    await tenant.aclose()


@contextlib.asynccontextmanager
async def payments_being_made(shop: Shop) -> AsyncIterator[None]:
    """Payments one after the other until the block ends; not without end, because each makes a document."""
    is_over = asyncio.Event()

    async def work() -> None:
        while not is_over.is_set() and len(shop.entered) < UNDER_WAY_MAX:
            shop.entered.append(await shop.pay())

    task = asyncio.create_task(work())
    try:
        await eventually(lambda: len(shop.entered) > FINISHED)
        yield
    finally:
        is_over.set()
        await task


async def test_all_databases_are_read_as_they_were_at_one_moment(lost: Parts) -> None:
    first, second = ((DATABASES[name], "moment") for name in ("svc-domains", "svc-ipn"))
    async with AsyncMongoClient[dict[str, Any]](lost.env.mongod.admin_uri) as mongo:
        for database, name in (first, second):
            await mongo[database][name].insert_one({"_id": 1, "value": "before"})
        async with one_moment(mongo) as session:
            read = [b"".join([batch async for batch in read_batches(mongo, first, session)])]
            for database, name in (first, second):
                await mongo[database][name].update_one({"_id": 1}, {"$set": {"value": "after"}})
                await mongo[database][name].insert_one({"_id": 2})
            read.append(b"".join([batch async for batch in read_batches(mongo, second, session)]))
        for database, name in (first, second):
            await mongo[database].drop_collection(name)

    assert read[0] == read[1]
    assert b"before" in read[1]


async def test_a_backup_is_written_while_payments_are_made(lost: Parts, shop: Shop, backup: Path) -> None:
    async with payments_being_made(shop):
        shop.acknowledged += shop.entered
        made = await operator_of(lost).json(*on(backup, BACKUP))

    assert made["documents"] >= FINISHED
    assert made["rows"] > 0
    assert backup.stat().st_mode & 0o777 == 0o600
    assert b"Erika" not in backup.read_bytes()
    assert [path.name for path in backup.parent.iterdir()] == [backup.name]
    again = await operator_of(lost).run(*on(backup, BACKUP))
    assert (again.exit_code, again.stderr) == (1, f"Error: {backup} exists already.\n")


async def test_a_running_or_filled_installation_is_left_alone(lost: Parts, shop: Shop, backup: Path) -> None:
    running = await operator_of(lost).run(*on(backup, RESTORE), "--replace", "--yes")
    assert running.exit_code == 1
    assert "Error: Services are running: stop svc-admin-api (127.0.0.1:" in running.stderr
    await shop.tenant.aclose()
    await asyncio.to_thread(lost.stop, *SERVICES)

    filled = await operator_of(lost).run(*on(backup, RESTORE))

    assert filled.exit_code == 1
    assert "Error: The installation is not empty (gw_admin." in filled.stderr
    assert (await operator_of(lost).run("ledger", "verify")).stdout == "0 differences\n"


async def test_a_file_that_is_not_what_was_written_changes_nothing(lost: Parts, backup: Path, tmp_path: Path) -> None:
    operator, blob = operator_of(lost), backup.read_bytes()
    middle = len(blob) // 2
    wrong = {
        "altered": blob[:middle] + bytes([blob[middle] ^ 1]) + blob[middle + 1 :],
        "cut off": blob[:-1000],
        "other": b"no backup",
    }
    for name, content in wrong.items():
        (tmp_path / name).write_bytes(content)
        result = await operator.run(*on(tmp_path / name, RESTORE), "--replace", "--yes")
        assert result.exit_code == 1, name
        assert "Error: The " in result.stderr, name
    other = {"GATEWAY_BACKUP_PASSPHRASE": "another long passphrase"}
    assert (await operator.run(*on(backup, CHECK), **other)).exit_code == 1
    key = await operator.run(*on(backup, CHECK), SYSTEM_SEARCH_HASH_KEY=secrets.token_hex(32))
    assert "SYSTEM_SEARCH_HASH_KEY is not the one" in key.stderr

    assert (await operator.json(*on(backup, CHECK)))["isRestored"] is False
    assert (await operator.run("invoices", "verify")).exit_code == 0


@pytest.fixture(scope="module")
def fresh(lost: Parts, backup: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """An empty machine: the servers with their users, and of the old one only the keys and the file."""
    keys = read_json(lost.env.layout.secrets)
    lost.stop_all()
    layout = Layout(tmp_path_factory.mktemp("fresh"))
    write_json(layout.secrets, {name: keys[name] for name in SYSTEM_KEYS})
    parts = Parts(layout.run)
    try:
        parts.start_nats()
        parts.start_mongod()
        yield parts
    finally:
        parts.stop_all()


async def test_a_restoration_that_fails_leaves_the_installation_empty(
    fresh: Parts, shop: Shop, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it replaces something: the next test restores without ``--replace``."""

    async def differ(*_arguments: object) -> None:
        raise BackupError("a collection is stored otherwise")

    monkeypatch.setattr("gateway_kit.backup.restore._compare", differ)
    async with AsyncMongoClient[dict[str, Any]](fresh.env.mongod.admin_uri) as mongo:
        await mongo[DATABASES["svc-ipn"]].lanes.insert_one({"_id": "of another installation"})
        result = await operator_of(fresh).run(*on(backup, RESTORE), "--replace", given="y\n")
        left = [name for name in await mongo.list_database_names() if name in DATABASES.values()]

    assert (result.exit_code, left) == (1, [])
    assert result.stderr.endswith("Error: A collection is stored otherwise.\n")


async def test_one_command_restores_it_on_an_empty_machine(fresh: Parts, shop: Shop, backup: Path) -> None:
    result = await operator_of(fresh).run(*on(backup, RESTORE))

    assert result.exit_code == 0, result.output
    moment = (await operator_of(fresh).json(*on(backup, CHECK)))["moment"]
    assert result.stdout.endswith(
        "All sessions are ended, and open invitations are void: invite these people again.\n"
        f"Revoke again what was revoked since {moment}; destroy again what was shredded.\n"
        "Restored. Registers, books and audit log: 0 problems.\n"
    )
    async with AsyncMongoClient[dict[str, Any]](fresh.env.mongod.admin_uri) as mongo:
        members = await mongo[DATABASES["svc-admin-api"]].members.find({"state": "invited"}).to_list()
    assert [each["invite_hash"] for each in members] == [None]
    drift = await operator_of(fresh).json("doctor", code=1)
    assert [each["text"] for each in drift["findings"] if each["check"] == "topology"] == [
        "Streams and consumers are as this version declares."
    ]


@pytest_asyncio.fixture(scope="module")
async def back(fresh: Parts, shop: Shop) -> AsyncIterator[Shop]:
    """The same merchant with the same key at the machine that was restored."""
    await asyncio.to_thread(fresh.start, *SERVICES)
    stack = await fresh.as_stack()
    tenant = Tenant(stack, shop.tenant.organization_id, shop.tenant.key, shop.tenant.live_key)
    yield Shop(tenant, shop.server, shop.site_id, shop.seen, shop.acknowledged, shop.entered)
    await tenant.aclose()


async def test_the_merchant_sees_what_was_there(back: Shop) -> None:
    for path, seen in back.seen.items():
        assert await back.look(path) == seen, path
    for transaction_id in back.acknowledged:
        assert (await back.look(f"/transactions/{transaction_id}"))["status"] == "succeeded"


async def test_payments_and_numbers_go_on(back: Shop, fresh: Parts) -> None:
    """Work that was under way at the moment of the backup is finished; no number is left out or given twice."""
    new = await back.pay()
    await back.server.notification(new, 1)
    numbers = [(await back.invoice(each))["number"] for each in (*back.acknowledged, new)]
    assert len(set(numbers)) == len(numbers)
    found = await operator_of(fresh).json("invoices", "verify")

    assert [each["problems"] for each in found] == [[] for _ in found]
    assert sum(each["rows"] for each in found) >= len(numbers)
    assert (await operator_of(fresh).json("ledger", "verify")) == []
    reports = await operator_of(fresh).json("audit", "verify")
    assert all(report["problem"] is None for report in reports)


async def test_what_had_been_notified_is_not_notified_again(back: Shop) -> None:
    for transaction_id in back.acknowledged[:FINISHED]:
        assert len(back.server.of(transaction_id)) == 1


async def test_the_audit_log_names_backup_and_restoration(fresh: Parts, back: Shop, backup: Path) -> None:
    known = (await operator_of(fresh).json(*on(backup, CHECK)))["id"]
    async with AsyncMongoClient[dict[str, Any]](fresh.env.mongod.admin_uri) as mongo:
        log = mongo[DATABASES["svc-admin-api"]].audit_log
        noted = await log.find({"object_id": known}).sort("sequence").to_list()

    assert [entry["action"] for entry in noted] == ["installation.backup", "installation.restore"]
    assert json.dumps(PASSPHRASE) not in str(noted)
