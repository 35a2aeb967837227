"""The bus: version, streams and consumers, lag, dead letters, storage and memory."""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from gateway_contracts.topology import CONSUMERS, NATS_VERSION_MIN, ConsumerSpec
from gateway_kit.health_report.finding import N_, Finding
from gateway_kit.health_report.guard import guarded
from gateway_kit.health_report.thresholds import BUS_DISK, CONSUMER_PENDING, DEAD_LETTERS

if TYPE_CHECKING:
    from nats.aio.client import Client

_LETTERS: Final = N_(
    "%(place)s (%(reasons)s; the oldest of %(oldest)s): %(meaning)s is %(amount)s, above %(limit)s: %(advice)s."
)
READ_MAX: Final = 500
"""Letters whose reasons are read; all are counted."""
REQUEST_TIMEOUT_S: Final = 5.0


@dataclass(frozen=True)
class ConsumerState:
    """One durable consumer.

    Attributes:
        pending: messages that are not delivered yet.
        unacknowledged: messages that are being handled.
    """

    spec: ConsumerSpec
    pending: int
    unacknowledged: int


async def check_bus(client: "Client", monitor_url: str | None) -> list[Finding]:
    """All parts; one that fails does not hide the others.

    Args:
        monitor_url: the address of the server's monitoring; None: its memory is not known.
    """
    parts: tuple[tuple[str, Awaitable[list[Finding]]], ...] = (
        ("bus_version", _version(client)),
        ("topology", _topology(client)),
        (CONSUMER_PENDING.check, _lag(client)),
        (DEAD_LETTERS.check, _dead_letters(client)),
        (BUS_DISK.check, _storage(client, monitor_url)),
    )
    results = await asyncio.gather(*(guarded(name, part) for name, part in parts))
    return [finding for findings in results for finding in findings]


async def consumer_states(client: "Client") -> list[ConsumerState]:
    """The consumers that the server has; those that it lacks are drift of the topology.

    Raises:
        nats.errors.Error: the server does not answer.
    """
    from nats.js.errors import NotFoundError

    js = client.jetstream(timeout=REQUEST_TIMEOUT_S)
    found = []
    for spec in CONSUMERS:
        try:
            info = await js.consumer_info(spec.stream, spec.durable)
        except NotFoundError:
            continue
        found.append(ConsumerState(spec, info.num_pending or 0, info.num_ack_pending or 0))
    return found


async def dead_letter_counts(client: "Client") -> Mapping[str, int]:
    """Dead letters by the consumer or service that gave them up.

    Raises:
        nats.errors.Error: the server does not answer.
    """
    from gateway_kit.set_aside import STREAM

    js = client.jetstream(timeout=REQUEST_TIMEOUT_S)
    counts: Counter[str] = Counter()
    for subject, count in ((await js.stream_info(STREAM, subjects_filter="dead.>")).state.subjects or {}).items():
        counts[subject.split(".")[2]] += count
    return counts


async def _version(client: "Client") -> list[Finding]:
    numbers = [int(part) for part in re.findall(r"\d+", str(client.connected_server_version))[:3]]
    facts = {"version": ".".join(map(str, numbers))}
    if tuple(numbers[:2]) < NATS_VERSION_MIN:
        facts["wanted"] = ".".join(map(str, NATS_VERSION_MIN))
        pattern = N_("NATS %(version)s is older than %(wanted)s.")
        return [Finding("bus_version", "attention", pattern, facts=facts)]
    return [Finding("bus_version", "ok", N_("The bus is NATS %(version)s."), facts=facts)]


async def _topology(client: "Client") -> list[Finding]:
    from gateway_kit.nats.topology import find_drift

    drift = await find_drift(client)
    if not drift:
        return [Finding("topology", "ok", N_("Streams and consumers are as this version declares."))]
    pattern = N_("The %(difference)s: run `gateway migrate`.")
    return [Finding("topology", "attention", pattern, facts={"difference": each}) for each in drift]


async def _lag(client: "Client") -> list[Finding]:
    return lag_findings(await consumer_states(client))


def lag_findings(states: Sequence[ConsumerState]) -> list[Finding]:
    """The messages that wait, compared with the threshold."""
    return CONSUMER_PENDING.findings({state.spec.durable: float(state.pending) for state in states})


async def _dead_letters(client: "Client") -> list[Finding]:
    from gateway_kit.nats.dead_letters import DeadLetters
    from gateway_kit.nats.rpc import RpcClient

    counts = await dead_letter_counts(client)
    if not counts:
        return DEAD_LETTERS.findings({})
    reasons: Counter[tuple[str, str]] = Counter()
    oldest: dict[str, str] = {}
    read = 0
    async for letter in DeadLetters(client.jetstream(timeout=REQUEST_TIMEOUT_S), RpcClient(client)).all():
        reasons[letter.consumer, letter.reason] += 1
        oldest.setdefault(letter.consumer, letter.parked_at.strftime("%Y-%m-%dT%H:%M:%SZ"))
        read += 1
        if read == READ_MAX:
            break
    return [
        _described(finding, worker, reasons, oldest)
        for worker, count in counts.items()
        for finding in DEAD_LETTERS.findings({worker: count})
    ]


def _described(finding: Finding, worker: str, reasons: Counter[tuple[str, str]], oldest: Mapping[str, str]) -> Finding:
    """With the reasons and the oldest letter of the worker, as far as they were read."""
    if worker not in oldest:
        return finding
    named = ", ".join(f"{reason} {count}" for (owner, reason), count in reasons.items() if owner == worker)
    return replace(finding, pattern=_LETTERS, facts={**finding.facts, "reasons": named, "oldest": oldest[worker]})


async def _storage(client: "Client", monitor_url: str | None) -> list[Finding]:
    account = await client.jetstream(timeout=REQUEST_TIMEOUT_S).account_info()
    facts = {"size": _mebibytes(account.storage)}
    if monitor_url is None:
        pattern = N_("The bus stores %(size)s; NATS_MONITOR_URL is not set, so that its memory is not known.")
        return [Finding(BUS_DISK.check, "ok", pattern, facts=facts)]
    server, jetstream = await _monitored(monitor_url, "/varz"), await _monitored(monitor_url, "/jsz")
    allowed, memory = jetstream.get("config", {}).get("max_storage") or 0, server.get("mem", 0)
    pattern = N_("The bus takes %(memory)s of memory and stores %(size)s.")
    findings = [Finding("bus_memory", "ok", pattern, float(memory), facts={**facts, "memory": _mebibytes(memory)})]
    return findings + BUS_DISK.findings({N_("The bus"): 100 * account.storage / allowed} if allowed else {})


async def _monitored(url: str, path: str) -> dict[str, Any]:
    import httpx

    async with httpx.AsyncClient(timeout=REQUEST_TIMEOUT_S, trust_env=False) as client:
        found: dict[str, Any] = (await client.get(url.rstrip("/") + path)).raise_for_status().json()
    return found


def _mebibytes(count: int) -> str:
    return f"{count / 1024**2:,.0f} MiB"
