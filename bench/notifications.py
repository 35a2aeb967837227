"""W3: from a webhook in to the merchant's notification out, through the whole stack, beside a bare relay."""

import asyncio
import json
import multiprocessing
import time
import urllib.request
from collections.abc import Callable, Coroutine
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
# Webhooks per second → how many of them.
LOADS: Final = {50: 650, 200: 1_400}
# Invoices of the load before are still being rendered; the next load waits for a machine that is as idle as before.
_SETTLED_S: Final = 3.0
_SETTLE_MAX_S: Final = 120.0


@dataclass(frozen=True)
class Relayed:
    """One row of the table."""

    rate: int
    gateway: Spread
    ceiling: Spread

    @property
    def problems(self) -> list[str]:
        """Why this row is not good enough."""
        found = []
        if self.gateway.refused:
            found.append(f"{self.gateway.refused} webhooks were refused at {self.rate}/s")
        if self.gateway.lost:
            found.append(f"{self.gateway.lost} notifications did not arrive at {self.rate}/s")
        p99 = self.gateway.percentile_ms(99)
        if self.rate == FLOOR_RATE and not p99 <= FLOOR_P99_MS:
            found.append(f"p99 of {p99:.0f} ms is above the floor of {FLOOR_P99_MS:.0f} ms at {self.rate}/s")
        return found


def run_ceiling(port: int, account: Account) -> dict[int, Spread]:
    """The bare relay at every rate."""
    return _in_child(_bare, port, account)


def run_gateway(stack: dict[str, Any]) -> dict[int, Spread]:
    """The started stack at every rate."""
    return _in_child(_through_stack, stack)


async def _bare(port: int, account: Account) -> dict[int, Spread]:
    spreads = {}
    async with running_receiver() as receiver:
        for rate, count in LOADS.items():
            due = []
            for number in range(count):
                name = f"bare_{rate}_{number}"
                body = event_body(name, {"id": name, "ipnUrl": receiver.url})
                due.append(Due(name, signed_request(account, body, path="/relay")))
            spreads[rate] = await fire(due, port=port, rate=rate, receiver=receiver)
    return spreads


async def _through_stack(stack: dict[str, Any]) -> dict[int, Spread]:
    shop = Shop.of(stack)
    port = int(shop.checkout_url.rpartition(":")[2])
    spreads = {}
    async with running_receiver() as receiver:
        for rate, count in LOADS.items():
            due = await _payments_due(shop, count, receiver)
            print(f"  {count} payments wait for their webhook", flush=True)
            await _settled(stack["nats"]["monitor"])
            spreads[rate] = await fire(due, port=port, rate=rate, receiver=receiver)
            print(f"  {rate}/s: p99 {spreads[rate].percentile_ms(99):.0f} ms", flush=True)
    return spreads


async def _payments_due(shop: Shop, count: int, receiver: Receiver) -> list[Due]:
    payments = await create_payments(shop, count, receiver.url)
    due = []
    for payment in payments:
        body = event_body(f"evt_{payment.transaction_id}", payment.intent)
        due.append(Due(payment.transaction_id, signed_request(shop.account, body)))
    return due


async def _settled(monitor: str) -> None:
    """Return when no stream has grown for a while."""
    deadline = time.monotonic() + _SETTLE_MAX_S
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


def _in_child(work: Callable[..., Coroutine[Any, Any, dict[int, Spread]]], *arguments: Any) -> dict[int, Spread]:
    """Run a load in its own process."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(sender, work, arguments), daemon=True)
    process.start()
    sender.close()
    try:
        spreads: dict[int, Spread] = receiver.recv()
    finally:
        process.join(timeout=10)
        if process.is_alive():
            process.kill()
    return spreads


def _child(pipe: Pipe, work: Callable[..., Coroutine[Any, Any, dict[int, Spread]]], arguments: tuple[Any, ...]) -> None:
    pipe.send(uvloop.run(work(*arguments)))
    pipe.close()
