"""The bus: version, streams and consumers, lag, dead letters, storage and memory."""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from gateway_cli.connections import REQUEST_TIMEOUT_S, bus_of
from gateway_cli.doctor.finding import Finding
from gateway_cli.doctor.guard import guarded
from gateway_cli.doctor.thresholds import BUS_DISK, CONSUMER_PENDING, DEAD_LETTERS
from gateway_cli.installation import Installation
from gateway_cli.output import moment
from gateway_contracts.topology import CONSUMERS, NATS_VERSION_MIN

if TYPE_CHECKING:
    from nats.aio.client import Client

READ_MAX: Final = 500
"""Letters whose reasons are read; all are counted."""
Part = Callable[["Client", Installation], Awaitable[list[Finding]]]


async def check_bus(installation: Installation) -> list[Finding]:
    """Each part over one connection; one that fails does not hide the others.

    Raises:
        nats.errors.Error: the bus does not answer.
    """
    async with bus_of(installation) as client:
        parts: tuple[tuple[str, Part], ...] = (
            ("bus_version", _version),
            ("topology", _topology),
            (CONSUMER_PENDING.check, _lag),
            (DEAD_LETTERS.check, _dead_letters),
            (BUS_DISK.check, _storage),
        )
        results = await asyncio.gather(*(guarded(name, part(client, installation)) for name, part in parts))
        return [finding for findings in results for finding in findings]


async def _version(client: "Client", _installation: Installation) -> list[Finding]:
    numbers = [int(part) for part in re.findall(r"\d+", str(client.connected_server_version))[:3]]
    version = ".".join(map(str, numbers))
    if tuple(numbers[:2]) < NATS_VERSION_MIN:
        wanted = ".".join(map(str, NATS_VERSION_MIN))
        return [Finding("bus_version", "attention", f"NATS {version} is older than {wanted}.")]
    return [Finding("bus_version", "ok", f"The bus is NATS {version}.")]


async def _topology(client: "Client", _installation: Installation) -> list[Finding]:
    from gateway_kit.nats.topology import find_drift

    drift = await find_drift(client)
    if not drift:
        return [Finding("topology", "ok", "Streams and consumers are as this version declares.")]
    return [Finding("topology", "attention", f"The {each}: run `gateway migrate`.") for each in drift]


async def _lag(client: "Client", _installation: Installation) -> list[Finding]:
    from nats.js.errors import NotFoundError

    js = client.jetstream(timeout=REQUEST_TIMEOUT_S)
    values: dict[str, float] = {}
    for spec in CONSUMERS:
        try:
            values[spec.durable] = float((await js.consumer_info(spec.stream, spec.durable)).num_pending or 0)
        except NotFoundError:
            # Named as drift of the topology.
            continue
    return CONSUMER_PENDING.findings(values)


async def _dead_letters(client: "Client", _installation: Installation) -> list[Finding]:
    from gateway_kit.nats.dead_letters import DeadLetters
    from gateway_kit.nats.rpc import RpcClient
    from gateway_kit.set_aside import STREAM

    js = client.jetstream(timeout=REQUEST_TIMEOUT_S)
    state = (await js.stream_info(STREAM, subjects_filter="dead.>")).state
    if not state.subjects:
        return DEAD_LETTERS.findings({})
    counts: Counter[str] = Counter()
    for subject, count in state.subjects.items():
        counts[subject.split(".")[2]] += count
    reasons: Counter[tuple[str, str]] = Counter()
    oldest: dict[str, str] = {}
    read = 0
    async for letter in DeadLetters(js, RpcClient(client)).all():
        reasons[letter.consumer, letter.reason] += 1
        oldest.setdefault(letter.consumer, moment(letter.parked_at))
        read += 1
        if read == READ_MAX:
            break
    return [
        finding
        for worker, count in counts.items()
        for finding in DEAD_LETTERS.findings({_described(worker, reasons, oldest): count})
    ]


def _described(worker: str, reasons: Counter[tuple[str, str]], oldest: dict[str, str]) -> str:
    """The worker with its reasons and its oldest letter, as far as they were read."""
    if worker not in oldest:
        return worker
    named = ", ".join(f"{reason} {count}" for (owner, reason), count in reasons.items() if owner == worker)
    return f"{worker} ({named}; the oldest of {oldest[worker]})"


async def _storage(client: "Client", installation: Installation) -> list[Finding]:
    account = await client.jetstream(timeout=REQUEST_TIMEOUT_S).account_info()
    used = account.storage
    monitor = installation.optional("NATS_MONITOR_URL")
    if monitor is None:
        text = f"The bus stores {_mebibytes(used)}; NATS_MONITOR_URL is not set, so that its memory is not known."
        return [Finding(BUS_DISK.check, "ok", text)]
    server, jetstream = await _monitored(monitor, "/varz"), await _monitored(monitor, "/jsz")
    allowed = jetstream.get("config", {}).get("max_storage") or 0
    text = f"The bus takes {_mebibytes(server.get('mem', 0))} of memory and stores {_mebibytes(used)}."
    findings = [Finding("bus_memory", "ok", text, float(server.get("mem", 0)))]
    return findings + BUS_DISK.findings({"The bus": 100 * used / allowed} if allowed else {})


async def _monitored(url: str, path: str) -> dict[str, Any]:
    import httpx

    async with httpx.AsyncClient(timeout=REQUEST_TIMEOUT_S, trust_env=False) as client:
        found: dict[str, Any] = (await client.get(url.rstrip("/") + path)).raise_for_status().json()
    return found


def _mebibytes(count: int) -> str:
    return f"{count / 1024**2:,.0f} MiB"
