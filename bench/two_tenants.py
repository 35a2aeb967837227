"""Two tenants: how much longer the notifications of one take while the other makes trouble, in turns on one stack."""

import asyncio
import contextlib
import json
import secrets
import time
import urllib.request
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import uvloop

from bench.notifications import settled
from bench.open_loop import Due, Pool, Spread, fire
from bench.provider import Account, event_body, signed_request
from bench.receiver import Receiver, running_receiver
from bench.shop import Payment, Shop, create_payments
from gateway_contracts.ids import new_object_id
from gateway_testkit.backlog import all_of
from gateway_testkit.stack import Stack
from gateway_testkit.stalling import StallingServer, stalling_server
from gateway_testkit.tenants import Tenant, open_tenant
from gateway_testkit.waiting import eventually

TURNS: Final = 5
RATE: Final = 20
# Half of them within the second that warms up and is not counted.
PAYMENTS: Final = 60
AIM: Final = 1.5
# Of a load's latencies this share counts: a few of them wait longest behind another's work.
PERCENT: Final = 90
FAILING: Final = 600
HANGING: Final = 200
BACKLOG: Final = 1_500
SETTLE_MAX_S: Final = 8.0
DRAIN_MAX_S: Final = 15.0
BOUND_S: Final = 330.0
PROVIDER_EVENTS: Final = "transaction-on-provider-events"
# No database holds such an integer.
ABSURD: Final = 10**30


@dataclass
class Rival:
    """The tenant that makes the trouble. ``server`` is its own, which hangs."""

    tenant: Tenant
    account: Account
    site_id: str
    port: int
    server: StallingServer
    monitor: str

    async def drained(self) -> None:
        """Return when the consumer of provider events has nothing in hand, after some seconds in any case."""

        async def is_empty() -> bool:
            return await asyncio.to_thread(_in_hand, self.monitor) == 0

        with contextlib.suppress(AssertionError):
            await eventually(is_empty, DRAIN_MAX_S)

    async def send(self, events: Sequence[bytes]) -> None:
        """Webhooks of its own account, as fast as they are taken."""
        pool = Pool(self.port)
        requests = [signed_request(self.account, event) for event in events]
        await all_of(requests, pool.post, at_once=32)
        pool.close()


async def failing_messages(rival: Rival) -> None:
    """Genuine webhooks that cannot be stored."""
    metadata = {"gatewayTransactionId": new_object_id(), "gatewayOrganizationId": rival.tenant.organization_id}
    await rival.send([_event(metadata, ABSURD) for _ in range(FAILING)])
    # Each has failed once, and waits for its next try while the other tenant is measured.
    await rival.drained()


async def hanging_receivers(rival: Rival) -> None:
    """Notifications to hosts that take them and do not answer."""
    rival.server.hold()
    run = secrets.token_hex(3)

    async def enter(number: int) -> None:
        body = {
            "siteId": rival.site_id,
            "amount": 4900,
            "currency": "EUR",
            "receivedAt": "2026-01-15T12:00:00Z",
            "externalReference": f"{run}-{number}",
            "ipnUrl": rival.server.url_of(f"shop-{run}-{number}"),
            "dispatchIpn": True,
        }
        await rival.tenant.make("/transactions/manual", body)

    await all_of(range(HANGING), enter, at_once=8)


async def large_backlog(rival: Rival) -> None:
    """Many genuine webhooks about payments that another system made with the same account."""
    await rival.send([_event({}, 4900) for _ in range(BACKLOG)])


def _event(metadata: dict[str, str], amount: int) -> bytes:
    name = secrets.token_hex(10)
    payment: dict[str, Any] = {
        "id": f"pi_{name}",
        "object": "payment_intent",
        "amount": amount,
        "amount_received": amount,
        "currency": "eur",
        "status": "succeeded",
        "metadata": metadata,
    }
    return event_body(f"evt_{name}", payment)


def _in_hand(monitor: str) -> int:
    """Messages that the consumer has not given out, or has not seen acknowledged."""
    with urllib.request.urlopen(f"{monitor}/jsz?consumers=1", timeout=5) as answer:  # noqa: S310 - loopback
        accounts = json.load(answer)["account_details"]
    consumers = [
        consumer
        for account in accounts
        for stream in account["stream_detail"]
        for consumer in stream.get("consumer_detail") or ()
    ]
    return sum(each["num_pending"] + each["num_ack_pending"] for each in consumers if each["name"] == PROVIDER_EVENTS)


DISTURBANCES: Final[dict[str, Callable[[Rival], Awaitable[None]]]] = {
    "failing messages": failing_messages,
    "hanging receivers": hanging_receivers,
    "large backlog": large_backlog,
}


@dataclass(frozen=True)
class Turn:
    """The same load twice, one after the other."""

    alone: Spread
    disturbed: Spread

    @property
    def ratio(self) -> float:
        """How many times as long it took; infinite where something did not arrive."""
        if self.disturbed.lost or not self.alone.latencies_s:
            return float("inf")
        return self.disturbed.percentile_ms(PERCENT) / self.alone.percentile_ms(PERCENT)


@dataclass
class Disturbed:
    """One row of the table."""

    name: str
    turns: list[Turn] = field(default_factory=list)

    @property
    def middle(self) -> Turn:
        """The turn whose ratio is the middle one."""
        return sorted(self.turns, key=lambda turn: turn.ratio)[len(self.turns) // 2]

    @property
    def lost(self) -> int:
        """Notifications of the other tenant that did not arrive, in all turns."""
        return sum(turn.alone.lost + turn.disturbed.lost for turn in self.turns)

    def ratios(self) -> str:
        """All of them, in order."""
        return " ".join(f"{turn.ratio:.2f}" for turn in self.turns)


def run_two_tenants(stack: Stack) -> list[Disturbed]:
    """Every disturbance, in turns with none, on a started stack."""
    return uvloop.run(_measure(stack))


async def _measure(stack: Stack) -> list[Disturbed]:
    shop, until = Shop.of(stack.descriptor), time.monotonic() + BOUND_S
    port = int(shop.checkout_url.rpartition(":")[2])
    found: list[Disturbed] = []
    async with running_receiver() as receiver, stalling_server() as server:
        server.status = 200
        rival = await _open_rival(stack, port, server, stack.descriptor["nats"]["monitor"])
        count = PAYMENTS * 2 * TURNS * len(DISTURBANCES)
        print(f"  {count} payments are made", flush=True)
        payments = await create_payments(shop, count, receiver.url)
        for name, disturb in DISTURBANCES.items():
            row = Disturbed(name)
            found.append(row)
            while len(row.turns) < TURNS and time.monotonic() < until:
                alone = await _load(shop, payments, port, receiver)
                await disturb(rival)
                disturbed = await _load(shop, payments, port, receiver)
                row.turns.append(Turn(alone, disturbed))
                server.release()
                await settled(stack.descriptor["nats"]["monitor"], SETTLE_MAX_S)
            print(f"  {name}: {row.ratios()}", flush=True)
        await rival.tenant.aclose()
    return found


async def _load(shop: Shop, payments: list[Payment], port: int, receiver: Receiver) -> Spread:
    due = []
    for payment in [payments.pop() for _ in range(PAYMENTS)]:
        body = event_body(f"evt_{payment.transaction_id}", payment.intent)
        due.append(Due(payment.transaction_id, signed_request(shop.account, body)))
    return await fire(due, port=port, rate=RATE, receiver=receiver)


async def _open_rival(stack: Stack, port: int, server: StallingServer, monitor: str) -> Rival:
    tenant = await open_tenant(stack, "Rival")
    key, secret = f"sk_test_{secrets.token_hex(12)}", f"whsec_{secrets.token_hex(16)}"
    cards = {
        "type": "stripe",
        "label": "Cards",
        "secretKey": key,
        "publishableKey": key.replace("sk_", "pk_"),
        "webhookSecret": secret,
    }
    provider_id = (await tenant.make("/providers", cards))["id"]
    site_id = (await tenant.make("/sites", {"name": "Rival", "providerIds": [provider_id]}))["id"]
    # Its documents would be work as well, and are not what is measured.
    await tenant.ask("PATCH", "/organizations/settings/invoicing", {"enabled": False})
    return Rival(tenant, Account(provider_id, secret), site_id, port, server, monitor)


def problems_of(rows: Sequence[Disturbed]) -> list[str]:
    """Events that must not happen at all."""
    return [f"{row.lost} notifications did not arrive beside {row.name}" for row in rows if row.lost] + [
        f"no turn of {name} was measured in time" for name in DISTURBANCES if not _has_turns(rows, name)
    ]


def _has_turns(rows: Sequence[Disturbed], name: str) -> bool:
    return any(row.turns for row in rows if row.name == name)


def summary(rows: Sequence[Disturbed]) -> str:
    """Whether the aim is met; a busy machine misses it, so that it decides nothing."""
    ratios = {row.name: row.middle.ratio for row in rows if row.turns}
    missed = [f"{name} {ratio:.2f}" for name, ratio in ratios.items() if ratio > AIM]
    verdict = "all within the aim" if not missed else "above the aim: " + ", ".join(missed)
    return f"p{PERCENT} disturbed : alone, middle of {TURNS}, aim {AIM}: {verdict}"
