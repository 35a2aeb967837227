"""W3: from a webhook in to the merchant's notification out, through the whole stack, beside a bare relay."""

import asyncio
import json
import multiprocessing
import statistics
import time
import urllib.request
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from typing import Any, Final

import uvloop

from bench.open_loop import Due, Spread, fire
from bench.provider import Account, event_body, signed_request
from bench.receiver import Receiver, running_receiver
from bench.shop import Shop, create_payments

FLOOR_RATE: Final = 50
FLOOR_P99_MS: Final = 250.0
# Webhooks per second and how many of them, one load after the other. The rate that has a floor is run three times and
# judged by the middle one: a virtual machine's speed changes from one minute to the next.
LOADS: Final = ((50, 450), (50, 450), (50, 450), (200, 1_400))
# Invoices of the load before are still being rendered; the next load waits for a machine that is as idle as before.
_SETTLED_S: Final = 3.0
_SETTLE_MAX_S: Final = 120.0


@dataclass(frozen=True)
class Relayed:
    """One row of the table: one load."""

    gateway: Spread
    ceiling: Spread

    @property
    def rate(self) -> int:
        """Webhooks per second."""
        return self.gateway.rate


def problems_of(loads: Sequence[Relayed]) -> list[str]:
    """Why they are not good enough."""
    found = []
    for load in loads:
        if load.gateway.refused:
            found.append(f"{load.gateway.refused} webhooks were refused at {load.rate}/s")
        if load.gateway.lost:
            found.append(f"{load.gateway.lost} notifications did not arrive at {load.rate}/s")
    p99 = floor_p99_ms(loads)
    if not p99 <= FLOOR_P99_MS:
        found.append(f"p99 of {p99:.0f} ms is above the floor of {FLOOR_P99_MS:.0f} ms at {FLOOR_RATE}/s")
    return found


def floor_p99_ms(loads: Sequence[Relayed]) -> float:
    """The figure that the floor is about: the middle one of the loads at that rate."""
    return statistics.median(load.gateway.percentile_ms(99) for load in loads if load.rate == FLOOR_RATE)


def run_ceiling(port: int, account: Account) -> list[Spread]:
    """The bare relay under every load."""
    return _in_child(_bare, port, account)


def run_gateway(stack: dict[str, Any]) -> list[Spread]:
    """The started stack under every load."""
    return _in_child(_through_stack, stack)


async def _bare(port: int, account: Account) -> list[Spread]:
    spreads = []
    async with running_receiver() as receiver:
        for turn, (rate, count) in enumerate(LOADS):
            due = []
            for number in range(count):
                name = f"bare_{turn}_{number}"
                body = event_body(name, {"id": name, "ipnUrl": receiver.url})
                due.append(Due(name, signed_request(account, body, path="/relay")))
            spreads.append(await fire(due, port=port, rate=rate, receiver=receiver))
    return spreads


async def _through_stack(stack: dict[str, Any]) -> list[Spread]:
    shop = Shop.of(stack)
    port = int(shop.checkout_url.rpartition(":")[2])
    spreads = []
    async with running_receiver() as receiver:
        for rate, count in LOADS:
            due = await _payments_due(shop, count, receiver)
            print(f"  {count} payments wait for their webhook", flush=True)
            await settled(stack["nats"]["monitor"])
            spreads.append(await fire(due, port=port, rate=rate, receiver=receiver))
            print(f"  {rate}/s: p99 {spreads[-1].percentile_ms(99):.0f} ms", flush=True)
    return spreads


async def _payments_due(shop: Shop, count: int, receiver: Receiver) -> list[Due]:
    payments = await create_payments(shop, count, receiver.url)
    due = []
    for payment in payments:
        body = event_body(f"evt_{payment.transaction_id}", payment.intent)
        due.append(Due(payment.transaction_id, signed_request(shop.account, body)))
    return due


async def settled(monitor: str, max_s: float = _SETTLE_MAX_S) -> None:
    """Return when no stream has grown for a while, after ``max_s`` seconds in any case."""
    deadline = time.monotonic() + max_s
    last, since = -1, time.monotonic()
    while time.monotonic() < deadline:
        count = await asyncio.to_thread(_messages, monitor)
        if count != last:
            last, since = count, time.monotonic()
        elif time.monotonic() - since > _SETTLED_S:
            return
        await asyncio.sleep(0.5)


def _messages(monitor: str) -> int:
    """Messages ever stored, traces aside."""
    with urllib.request.urlopen(f"{monitor}/jsz?streams=1", timeout=5) as answer:  # noqa: S310 - a loopback URL of our own
        accounts = json.load(answer)["account_details"]
    streams = [stream for account in accounts for stream in account["stream_detail"]]
    return sum(stream["state"]["last_seq"] for stream in streams if stream["name"] != "TRACES")


def _in_child(work: Callable[..., Coroutine[Any, Any, list[Spread]]], *arguments: Any) -> list[Spread]:
    """Run a load in its own process."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(sender, work, arguments), daemon=True)
    process.start()
    sender.close()
    try:
        spreads: list[Spread] = receiver.recv()
    finally:
        process.join(timeout=10)
        if process.is_alive():
            process.kill()
    return spreads


def _child(pipe: Pipe, work: Callable[..., Coroutine[Any, Any, list[Spread]]], arguments: tuple[Any, ...]) -> None:
    pipe.send(uvloop.run(work(*arguments)))
    pipe.close()
