"""The processes of the webhook path on a bus of their own: nothing else competes for the machine."""

import asyncio
import json
import os
import secrets
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import nats
from nats.aio.client import Client

from bench.provider import Account
from gateway_contracts.config import ProviderConfig
from gateway_contracts.ids import new_object_id
from gateway_embedded.servers import nats as nats_binary
from gateway_embedded.servers.process import ServerProcess, free_port
from gateway_kit.crypto.config_secrets import seal_provider_secret
from gateway_kit.crypto.keyring import Keyring, dek_key
from gateway_kit.nats.permissions import ADMIN_USER, render_authorization
from gateway_kit.nats.topology import apply_topology

CEILING_STREAM: Final = "CEILING"
CEILING_SUBJECT: Final = "ceiling.stored"
RELAY_SUBJECT: Final = "ceiling.relayed"


@dataclass(frozen=True)
class Rig:
    """Where things listen. ``account`` exists in the configuration bucket; ``pids`` are of the measured processes."""

    nats_url: str
    password: str
    edge_port: int
    ceiling_port: int
    account: Account
    pids: dict[str, int] = field(default_factory=dict)

    async def connect(self) -> Client:
        """A connection with all rights."""
        return await nats.connect(
            self.nats_url, user=ADMIN_USER, password=self.password, inbox_prefix=f"_INBOX_{ADMIN_USER}".encode()
        )


@contextmanager
def running_rig() -> Iterator[Rig]:
    """Server, edge, ingest and the bare ceiling, until the block ends."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-bench-")))
        password = secrets.token_hex(16)
        authorization = render_authorization(lambda user: json.dumps(password))
        settings = nats_binary.NatsSettings(free_port(), free_port(), folder / "js", authorization)
        server = nats_binary.start(settings, config_file=folder / "nats.conf", log=folder / "nats.log")
        stack.callback(server.terminate)
        keys = {"SYSTEM_ENCRYPTION_KEY": secrets.token_hex(32), "SYSTEM_SEARCH_HASH_KEY": secrets.token_hex(32)}
        rig = Rig(settings.url, password, free_port(), free_port(), Account(new_object_id(), "whsec_bench"))
        asyncio.run(_prepare(rig, Keyring.from_secrets(*keys.values())))
        rig.pids["nats-server"] = server.pid
        for process in _start_services(rig, folder, keys):
            stack.callback(process.terminate)
            rig.pids[process.name] = process.pid
        yield rig


async def _prepare(rig: Rig, keyring: Keyring) -> None:
    """Streams, data keys and one provider; the stream of the ceiling."""
    client = await rig.connect()
    await apply_topology(client)
    bucket = await client.jetstream().key_value("config")
    organization_id = new_object_id()
    for record in (
        keyring.create("system", "", "system"),
        keyring.create("organization", organization_id, "operational"),
    ):
        keyring.load(record)
        await bucket.put(dek_key(record), record.wire_json())
    provider = ProviderConfig(
        id=rig.account.provider_id,
        organization_id=organization_id,
        version=1,
        type="stripe",
        label="Bench",
        livemode=False,
        secrets={
            "webhookSecret": (
                seal_provider_secret(keyring, rig.account.provider_id, "webhookSecret", rig.account.secret),
            )
        },
    )
    await bucket.put(f"provider.{provider.id}", provider.wire_json())
    config = {
        "name": CEILING_STREAM,
        "subjects": [CEILING_SUBJECT, RELAY_SUBJECT],
        "storage": "file",
        "allow_atomic": True,
    }
    await client.request(f"$JS.API.STREAM.CREATE.{CEILING_STREAM}", json.dumps(config).encode(), timeout=5)
    await client.close()


def _start_services(rig: Rig, folder: Path, keys: dict[str, str]) -> Iterator[ServerProcess]:
    probe_port = free_port()
    common = {
        "PATH": os.environ["PATH"],
        "ENVIRONMENT": "development",
        "LOG_LEVEL": "INFO",
        "NATS_URL": rig.nats_url,
        "NATS_PASSWORD": rig.password,
        "TRACE_SAMPLE_RATIO": "0.01",
        **keys,
    }
    origin = f"http://127.0.0.1:{rig.edge_port}"
    edge = {
        "NATS_USER": "svc-checkout-api",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": str(rig.edge_port),
        **{f"{name}_ORIGIN": origin for name in ("ADMIN_FRONTEND", "ADMIN_BACKEND", "MAIN_FRONTEND", "MAIN_BACKEND")},
    }
    ingest = {"NATS_USER": "svc-webhook-ingest", "LIVEZ_PORT": str(probe_port)}
    ceiling = {"NATS_USER": ADMIN_USER, "HTTP_PORT": str(rig.ceiling_port), "WEBHOOK_SECRET": rig.account.secret}
    started = [
        (_launch("webhook_ingest", folder, common | ingest), f"http://127.0.0.1:{probe_port}/readyz"),
        (_launch("checkout_api", folder, common | edge), f"{origin}/health"),
        (_launch("bench.ceiling", folder, common | ceiling), f"http://127.0.0.1:{rig.ceiling_port}/health"),
    ]
    for process, url in started:
        yield process
        process.wait_ready(lambda url=url: _answers(url), timeout_s=30)  # type: ignore[misc]  # binds this turn's URL


def _launch(module: str, folder: Path, environment: dict[str, str]) -> ServerProcess:
    return ServerProcess.launch(module, [sys.executable, "-m", module], log=folder / f"{module}.log", env=environment)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - a loopback URL of our own
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
