"""The MongoDB users on a real server with authentication, and the committed broker configuration under the real one."""

import os
import runpy
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import InsertOne, MongoClient
from pymongo.errors import OperationFailure

from gateway_contracts.collections import COLLECTIONS, DATABASES
from gateway_embedded.compose_env import new_variables
from gateway_embedded.layout import REPOSITORY
from gateway_embedded.nats_conf import CONF_PATH
from gateway_embedded.servers import mongod
from gateway_embedded.servers.binaries import find_nats_server
from gateway_embedded.servers.process import free_port
from gateway_kit.health_report.database import check_database
from gateway_kit.mongo.client import open_client
from gateway_kit.mongo.users import MONGO_USERS, OBSERVERS, password_variable

pytestmark = pytest.mark.integration

UNAUTHORIZED = 13


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mongod.MongodSettings]:
    """A server with authentication, its users made by the composed topology's job, twice."""
    folder = tmp_path_factory.mktemp("mongo-users")
    settings = mongod.MongodSettings(free_port(), folder / "db", admin_password="secret-of-the-administrator")
    process = mongod.start(settings, log=folder / "mongod.log")
    variables = new_variables("shop.test") | {
        "MONGODB_ADMIN_URI": settings.admin_uri,
        "MONGODB_MEMBER": f"127.0.0.1:{settings.port}",
    }
    before = dict(os.environ)
    os.environ.update(variables | {password_variable(user): f"password-of-{user}" for user in MONGO_USERS})
    try:
        for _ in range(2):
            runpy.run_path(str(REPOSITORY / "infra/mongo/init.py"), run_name="__main__")
        yield settings
    finally:
        os.environ.clear()
        os.environ.update(before)
        process.terminate()


def _client(server: mongod.MongodSettings, user: str) -> MongoClient[dict[str, Any]]:
    return MongoClient(server.uri(user, f"password-of-{user}"), serverSelectionTimeoutMS=60_000)


@pytest.mark.parametrize("service", DATABASES)
def test_a_service_uses_its_own_database_only(server: mongod.MongodSettings, service: str) -> None:
    with _client(server, service) as client:
        own = client[DATABASES[service]]
        own.operations.insert_one({"_id": service})
        with client.start_session() as session, session.start_transaction():
            own.operations.update_one({"_id": service}, {"$set": {"seen": True}}, session=session)
        for other in set(DATABASES.values()) - {DATABASES[service]}:
            with pytest.raises(OperationFailure) as refusal:
                client[other].probe.find_one()
            assert refusal.value.code == UNAUTHORIZED
        with pytest.raises(OperationFailure) as refusal:
            own.command("collMod", "operations", validator={"seen": True})
        assert refusal.value.code == UNAUTHORIZED


CHANGES: list[Callable[[Any], Any]] = [
    lambda log: log.update_one({"_id": 1}, {"$set": {"action": "x"}}),
    lambda log: log.update_many({}, {"$set": {"action": "x"}}),
    lambda log: log.replace_one({"_id": 1}, {"action": "x"}),
    lambda log: log.find_one_and_update({"_id": 1}, {"$set": {"action": "x"}}),
    lambda log: log.delete_one({"_id": 1}),
    lambda log: log.delete_many({}),
    lambda log: log.drop(),
    lambda log: log.rename("operations_of_old"),
    lambda log: log.database.command("collMod", log.name, validator={"x": True}),
    lambda log: log.database.operations.aggregate([{"$out": log.name}]),
    lambda log: log.database.operations.aggregate([{"$merge": {"into": log.name, "whenMatched": "replace"}}]),
    lambda log: log.database.command("dropDatabase"),
]


APPEND_ONLY = {f"{spec.database}.{spec.name}": spec for spec in COLLECTIONS if spec.append_only}
SERVICE_OF = {database: service for service, database in DATABASES.items()}


def test_records_that_prove_something_are_append_only() -> None:
    assert set(APPEND_ONLY) == {
        "gw_admin.audit_log",
        "gw_transaction.ledger_entries",
        "gw_invoice.register",
        "gw_invoice.template_versions",
    }


@pytest.mark.parametrize("name", APPEND_ONLY)
def test_what_is_append_only_can_only_be_appended_to(server: mongod.MongodSettings, name: str) -> None:
    spec = APPEND_ONLY[name]
    with _client(server, SERVICE_OF[spec.database]) as client:
        log = client[spec.database][spec.name]
        log.insert_one({"_id": 1, "action": "site.create"})
        with client.start_session() as session, session.start_transaction():
            log.bulk_write([InsertOne({"_id": 2, "action": "site.update"})], session=session)

        for change in CHANGES:
            with pytest.raises(OperationFailure) as refusal:
                change(log)
            assert refusal.value.code == UNAUTHORIZED
        assert [row["action"] for row in log.find().sort("_id")] == ["site.create", "site.update"]


@pytest.mark.parametrize("service", DATABASES)
def test_every_other_collection_of_a_service_is_still_its_own(server: mongod.MongodSettings, service: str) -> None:
    database = DATABASES[service]
    names = {spec.name for spec in COLLECTIONS if spec.database == database and not spec.append_only}
    assert {"inbox", "outbox", "operations", "reencryption"} <= names
    with _client(server, service) as client:
        for name in names:
            rows = client[database][name]
            rows.insert_one({"_id": "probe"})
            assert rows.update_one({"_id": "probe"}, {"$set": {"seen": True}}).modified_count == 1
            assert rows.delete_one({"_id": "probe"}).deleted_count == 1


@pytest.mark.parametrize("user", OBSERVERS)
def test_observers_see_numbers_of_the_server_and_no_rows(server: mongod.MongodSettings, user: str) -> None:
    with _client(server, user) as client:
        assert client.admin.command("serverStatus")["mem"]["resident"] > 0
        assert client.admin.command("hostInfo")["system"]["memLimitMB"] > 0
        for database in DATABASES.values():
            assert client[database].command("dbStats")["ok"] == 1
        for command in ("usersInfo", "getLog", "currentOp"):
            with pytest.raises(OperationFailure) as refusal:
                client.admin.command(command, "global" if command == "getLog" else 1)
            assert refusal.value.code == UNAUTHORIZED


def test_other_services_see_no_numbers_of_the_server(server: mongod.MongodSettings) -> None:
    for user in set(DATABASES) - set(OBSERVERS):
        with _client(server, user) as client, pytest.raises(OperationFailure) as refusal:
            client.admin.command("serverStatus")
        assert refusal.value.code == UNAUTHORIZED


async def test_the_page_of_operations_has_memory_and_disk_of_the_database(server: mongod.MongodSettings) -> None:
    """By the user of svc-admin-api, with its rights."""
    for user, state in (("svc-admin-api", "ok"), ("svc-ipn", "unknown")):
        client = open_client(server.uri(user, f"password-of-{user}"))
        findings = await check_database(client, tuple(DATABASES.values()) if state == "ok" else ("gw_ipn",))
        await client.close()
        memory = [finding for finding in findings if finding.check.startswith("database_memory")]
        assert [finding.check for finding in findings].count("database_disk") == 1
        assert (memory[0].state, bool(memory[1:])) == (state, state == "ok")


def test_the_topology_job_changes_validators_everywhere(server: mongod.MongodSettings) -> None:
    with _client(server, "topology") as client:
        for database in DATABASES.values():
            client[database].create_collection("validated")
            client[database].command("collMod", "validated", validator={})
        with pytest.raises(OperationFailure):
            client.admin.command("usersInfo")


def test_without_a_password_there_is_nothing(server: mongod.MongodSettings) -> None:
    with MongoClient[dict[str, Any]](server.uri(), serverSelectionTimeoutMS=60_000) as client:
        with pytest.raises(OperationFailure) as refusal:
            client.gw_admin.probe.find_one()
        assert refusal.value.code == UNAUTHORIZED
    with MongoClient[dict[str, Any]](server.uri("svc-ipn", "wrong")) as client, pytest.raises(OperationFailure):
        client.gw_ipn.probe.find_one()


def test_a_database_whose_port_was_taken_moves_with_its_data(tmp_path: Path) -> None:
    first = mongod.MongodSettings(free_port(), tmp_path / "db", admin_password="secret-of-the-administrator")
    process = mongod.start(first, log=tmp_path / "mongod.log")
    try:
        with MongoClient[dict[str, Any]](first.admin_uri) as client:
            client.shop.orders.insert_one({"_id": 1})
    finally:
        process.terminate()
    second = mongod.MongodSettings(free_port(), tmp_path / "db", admin_password="secret-of-the-administrator")
    process = mongod.start(second, log=tmp_path / "mongod.log")
    try:
        with MongoClient[dict[str, Any]](second.admin_uri) as client:
            assert client.admin.command("hello")["me"] == second.member
            assert client.shop.orders.count_documents({}) == 1
            client.shop.orders.insert_one({"_id": 2})
    finally:
        process.terminate()


def test_the_broker_reads_the_committed_configuration(tmp_path: Path) -> None:
    # Its folder for streams exists in the image alone.
    conf = tmp_path / "nats.conf"
    conf.write_text(CONF_PATH.read_text().replace('store_dir: "/data"', f'store_dir: "{tmp_path}"'))
    variables = {"PATH": os.environ["PATH"], "NATS_SERVER_NAME": "gateway-1"} | new_variables("shop.test")
    command = [str(find_nats_server()), "-t", "-c", str(conf)]
    checked = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    without = {name: value for name, value in variables.items() if name != "NATS_PASSWORD_SVC_IPN"}
    refused = subprocess.run(command, env=without, capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert "NATS_PASSWORD_SVC_IPN" in refused.stderr
