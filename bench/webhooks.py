"""W1: verified and durably stored webhooks per second, through both services."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from nats.js.api import ConsumerConfig, DeliverPolicy

from bench.load import Outcome, Plan, fire
from bench.processor import cpu_seconds
from bench.rig import Rig
from gateway_contracts.events.provider import HEADER_EVENT_ID
from webhook_ingest.domain.event_id import event_id_of

STREAM: Final = "PROVIDER_EVENTS"
FLOOR_PER_S: Final = 1_000
FLOOR_CONNECTIONS: Final = 128
CONNECTIONS: Final = (32, 128)
_COUNT: Final = {32: 12_000, 128: 20_000}
# The forged ones empty the bucket of their address soon; both answers refuse.
_REFUSALS: Final = frozenset({400, 429})


@dataclass(frozen=True)
class Measured:
    """One row of the table."""

    connections: int
    gateway: Outcome
    ceiling: Outcome
    cpu_us: dict[str, float]
    """Processor time per webhook of each process, in microseconds; it says more than the rate on a busy machine."""
    problems: tuple[str, ...]


def run_webhooks(rig: Rig) -> Iterator[Measured]:
    """Gateway and ceiling in turns, each on an idle machine."""
    for connections in CONNECTIONS:
        count = _COUNT[connections]
        before = asyncio.run(_last_sequence(rig))
        spent = cpu_seconds(rig.pids)
        gateway = fire(Plan(rig.edge_port, rig.account, f"g{connections}", connections, count))
        cpu_us = {name: (now - spent[name]) * 1e6 / count for name, now in cpu_seconds(rig.pids).items()}
        ceiling = fire(Plan(rig.ceiling_port, rig.account, f"c{connections}", connections, count))
        problems = [*_wrong_answers(gateway), *asyncio.run(_differences(rig, gateway, before))]
        if connections == FLOOR_CONNECTIONS and gateway.per_s < FLOOR_PER_S:
            problems.append(f"{gateway.per_s:.0f}/s is below the floor of {FLOOR_PER_S}/s")
        yield Measured(connections, gateway, ceiling, cpu_us, tuple(problems))


def _wrong_answers(outcome: Outcome) -> list[str]:
    wrong = {
        (kind, status): count
        for (kind, status), count in outcome.answers.items()
        if (status not in _REFUSALS if kind == "forged" else status != 200)
    }
    return [f"{count} {kind} webhooks were answered {status}" for (kind, status), count in wrong.items()]


async def _last_sequence(rig: Rig) -> int:
    client = await rig.connect()
    try:
        return int((await client.jetstream().stream_info(STREAM)).state.last_seq)
    finally:
        await client.close()


async def _differences(rig: Rig, outcome: Outcome, after: int) -> list[str]:
    """Stored must be exactly what was acknowledged: nothing lost, nothing forged, nothing twice."""
    stored = await _stored_ids(rig, after)
    acknowledged = {event_id_of(rig.account.provider_id, event) for event in outcome.acknowledged}
    found = {
        "acknowledged webhooks are not stored": len(acknowledged - set(stored)),
        "stored webhooks were not acknowledged": len(set(stored) - acknowledged),
        "webhooks are stored twice": len(stored) - len(set(stored)),
    }
    return [f"{count} {what}" for what, count in found.items() if count]


async def _stored_ids(rig: Rig, after: int) -> list[str]:
    client = await rig.connect()
    try:
        js = client.jetstream()
        last = (await js.stream_info(STREAM)).state.last_seq
        config = ConsumerConfig(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=after + 1, headers_only=True
        )
        reader = await js.subscribe("provider.event_received.v1.*", stream=STREAM, config=config, ordered_consumer=True)
        messages = [await reader.next_msg(timeout=10) for _ in range(after, last)]
        return [(message.headers or {})[HEADER_EVENT_ID] for message in messages]
    finally:
        await client.close()
