"""MongoDB as a one-node replica set, which is what transactions need."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from gateway_embedded.servers.binaries import find_mongod
from gateway_embedded.servers.process import LOOPBACK, PROBE_INTERVAL_S, ServerFailedError, ServerProcess
from gateway_kit.mongo.users import CUSTOM_ROLES

REPLICA_SET = "rs0"
ADMIN_USER = "root"
_PROBE_TIMEOUT_MS = 2_000
_COMMAND_TIMEOUT_MS = 60_000
_ALREADY_INITIALIZED = 23
_UNAUTHORIZED = 13
_PRIMARY_TIMEOUT_S = 180.0


@dataclass(frozen=True)
class MongodSettings:
    """Where a mongod keeps its data and how it is reached.

    ``admin_password`` turns authentication on: a replica set then needs a key file, which is created beside the data.
    ``is_fleeting``: databases are created and dropped by the hundred. By default the server keeps the files of what was
    dropped for five minutes, for readers of the past, and every file open for ten: it ends itself at the limit.
    """

    port: int
    data_dir: Path
    admin_password: str | None = None
    cache_gb: float = 0.25
    is_fleeting: bool = False

    @property
    def keyfile(self) -> Path:
        """The secret that members of a replica set share."""
        return self.data_dir.with_name(f"{self.data_dir.name}.keyfile")

    @property
    def member(self) -> str:
        """Its address in the replica set's configuration."""
        return f"{LOOPBACK}:{self.port}"

    def uri(self, user: str | None = None, password: str = "", database: str = "") -> str:
        """A connection string with or without credentials (users are kept in ``admin``)."""
        login = f"{quote(user)}:{quote(password)}@" if user else ""
        source = "&authSource=admin" if user else ""
        return f"mongodb://{login}{LOOPBACK}:{self.port}/{database}?directConnection=true{source}"

    @property
    def admin_uri(self) -> str:
        """For the administrator, or for everybody when authentication is off."""
        return self.uri(ADMIN_USER, self.admin_password) if self.admin_password else self.uri()


def command(settings: MongodSettings) -> list[str]:
    """The command line; creates the folder and the key file that it names.

    Raises:
        BinaryMissingError: there is no mongod.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    line = [str(find_mongod()), "--replSet", REPLICA_SET, "--bind_ip", LOOPBACK, "--port", str(settings.port)]
    line += ["--dbpath", str(settings.data_dir), "--wiredTigerCacheSizeGB", str(settings.cache_gb)]
    line += ["--oplogSize", "256", "--nounixsocket", "--setParameter", "diagnosticDataCollectionEnabled=false"]
    if settings.is_fleeting:
        line += ["--setParameter", "minSnapshotHistoryWindowInSeconds=1"]
        line += ["--setParameter", "wiredTigerFileHandleCloseIdleTime=5"]
    if settings.admin_password:
        line += ["--keyFile", str(_ensure_keyfile(settings.keyfile))]
    return line


def start(settings: MongodSettings, *, log: Path) -> ServerProcess:
    """Starts mongod and returns when it is a writable primary (with its administrator, when authentication is on).

    Raises:
        ServerFailedError: it did not become ready.
    """
    process = ServerProcess.launch("mongod", command(settings), log=log)
    process.wait_ready(lambda: is_listening(settings))
    try:
        make_ready(settings)
    except (PyMongoError, ServerFailedError):
        process.terminate()
        raise
    return process


def is_listening(settings: MongodSettings) -> bool:
    """Whether it answers at all."""
    try:
        _hello(settings, _PROBE_TIMEOUT_MS)
    except PyMongoError:
        return False
    return True


def is_primary(settings: MongodSettings) -> bool:
    """Whether it accepts writes."""
    try:
        return bool(_hello(settings, _PROBE_TIMEOUT_MS).get("isWritablePrimary"))
    except PyMongoError:
        return False


def make_ready(settings: MongodSettings) -> None:
    """Makes a listening mongod a primary with an administrator; harmless on one that is.

    Raises:
        ServerFailedError: it did not become a primary in time.
    """
    if not _hello(settings, _COMMAND_TIMEOUT_MS).get("setName"):
        _initiate(settings)
    deadline = time.monotonic() + _PRIMARY_TIMEOUT_S
    while not is_primary(settings):
        if time.monotonic() > deadline:
            raise ServerFailedError(f"mongod on port {settings.port} did not become a primary: {settings.data_dir}")
        time.sleep(PROBE_INTERVAL_S)
    if settings.admin_password:
        _ensure_admin(settings, settings.admin_password)


def ensure_users(settings: MongodSettings, users: Mapping[str, tuple[str, list[dict[str, str]]]]) -> None:
    """Creates or updates the roles that are not built in, then users: name → (password, roles)."""
    with _client(settings.admin_uri) as client:
        for role in CUSTOM_ROLES:
            there = client[role.database].command("rolesInfo", role.name)["roles"]
            verb = "updateRole" if there else "createRole"
            client[role.database].command(verb, role.name, privileges=list(role.privileges), roles=[])
        known = {entry["user"] for entry in client.admin.command("usersInfo")["users"]}
        for name, (password, roles) in users.items():
            verb = "updateUser" if name in known else "createUser"
            client.admin.command(verb, name, pwd=password, roles=roles)


def _initiate(settings: MongodSettings) -> None:
    member = {"_id": 0, "host": settings.member}
    try:
        with _client(settings.uri()) as client:
            client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [member]})
    except OperationFailure as failure:
        if failure.code not in (_ALREADY_INITIALIZED, _UNAUTHORIZED):
            raise
        _adopt_address(settings)


def _adopt_address(settings: MongodSettings) -> None:
    """The data was a replica set at another port: its member moves here."""
    with _client(settings.admin_uri) as client:
        config: Any = client.local.system.replset.find_one()
        if config is None or config["members"][0]["host"] == settings.member:
            return
        config["version"] += 1
        config["members"][0]["host"] = settings.member
        client.admin.command("replSetReconfig", config, force=True)


def _ensure_admin(settings: MongodSettings, password: str) -> None:
    try:
        with _client(settings.admin_uri) as client:
            client.admin.command("ping")
            client.admin.command("usersInfo")
            return
    except OperationFailure:
        pass  # not there yet: the localhost exception lets us create the first user, and closes with that
    with _client(settings.uri()) as client:
        client.admin.command("createUser", ADMIN_USER, pwd=password, roles=[{"role": "root", "db": "admin"}])


def _ensure_keyfile(path: Path) -> Path:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(96).replace("-", "A").replace("_", "B"))
    return path


def _hello(settings: MongodSettings, timeout_ms: int) -> dict[str, object]:
    with _client(settings.uri(), timeout_ms) as client:
        answer: dict[str, object] = client.admin.command("hello")
        return answer


def _client(uri: str, timeout_ms: int = _COMMAND_TIMEOUT_MS) -> "MongoClient[dict[str, object]]":
    return MongoClient(uri, serverSelectionTimeoutMS=timeout_ms, connectTimeoutMS=timeout_ms)
