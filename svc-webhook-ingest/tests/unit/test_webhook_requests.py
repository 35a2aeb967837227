"""Room for requests at ingest: one account leaves the others theirs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from nats.aio.msg import Msg

from gateway_contracts.errors import RateLimited
from gateway_contracts.requests.ingest import (
    HEADER_CODE,
    HEADER_PROVIDER_ID,
    HEADER_RETRY_AFTER,
    HEADER_SENDER,
    HEADER_STATUS,
    PROVEN,
    STATUS_UNVERIFIED,
)
from gateway_kit.nats.batch import BatchStats
from gateway_testkit.waiting import eventually
from webhook_ingest.counters import Counters
from webhook_ingest.ports import Webhook
from webhook_ingest.rpc.webhook_requests import WebhookRequests
from webhook_ingest.use_cases.accept_webhook import Acceptance

GREEDY, OTHER = "65a5000000000000000000aa", "65a5000000000000000000bb"


class Bus:
    """The client: keeps the callback and the replies."""

    def __init__(self) -> None:
        self.receive: Callable[[Msg], Awaitable[None]]
        self.replies: dict[str, dict[str, str]] = {}

    async def subscribe(self, _subject: str, *, queue: str, cb: Callable[[Msg], Awaitable[None]]) -> None:
        self.receive = cb

    async def flush(self) -> None:
        return

    async def publish(self, reply: str, *, headers: dict[str, str]) -> None:
        self.replies[reply] = headers


class Endpoint:
    """Requests whose acceptance the test holds back."""

    def __init__(self, *, concurrent_max: int) -> None:
        self.bus, self.seen = Bus(), list[Webhook]()
        self.may_go = asyncio.Event()
        self.outcome: Acceptance | Exception = Acceptance(1, 0)
        counters = Counters(BatchStats())
        self.requests = WebhookRequests(
            self.bus,  # type: ignore[arg-type]  # a fake client
            self._accept,
            queue="q",
            counters=counters,
            concurrent_max=concurrent_max,
        )

    async def _accept(self, webhook: Webhook) -> Acceptance:
        self.seen.append(webhook)
        await self.may_go.wait()
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    async def send(self, name: str, account: str, **headers: str) -> None:
        complete: dict[str, Any] = {HEADER_PROVIDER_ID: account, HEADER_SENDER: "203.0.113.5", **headers}
        message = Msg(_client=self.bus, reply=name, data=b"{}", headers=complete)  # type: ignore[arg-type]  # a fake
        await self.bus.receive(message)


async def started(concurrent_max: int) -> Endpoint:
    endpoint = Endpoint(concurrent_max=concurrent_max)
    await endpoint.requests.start()
    return endpoint


async def test_webhooks_of_one_account_that_wait_leave_the_others_their_places() -> None:
    endpoint = await started(16)
    for number in range(40):
        await endpoint.send(f"greedy-{number}", GREEDY)
    await endpoint.send("proven", GREEDY, **{HEADER_SENDER: f"203.0.113.5{PROVEN}"})
    await endpoint.send("other", OTHER)
    await eventually(lambda: len(endpoint.seen) == 8)

    assert len(endpoint.bus.replies) == 34
    assert {reply[HEADER_CODE] for reply in endpoint.bus.replies.values()} == {"OVERLOADED"}
    endpoint.may_go.set()
    await eventually(lambda: len(endpoint.bus.replies) == 42)
    assert endpoint.bus.replies["other"][HEADER_STATUS] == "200"
    assert endpoint.bus.replies["proven"][HEADER_STATUS] == "200"
    await endpoint.send("again", GREEDY)
    await eventually(lambda: endpoint.bus.replies.get("again", {}).get(HEADER_STATUS) == "200")


async def test_the_edge_learns_what_was_verified() -> None:
    endpoint = await started(4)
    endpoint.may_go.set()
    await endpoint.send("signed", OTHER)
    await eventually(lambda: "signed" in endpoint.bus.replies)
    endpoint.outcome = Acceptance(1, 0, is_verified=False)
    await endpoint.send("thin", OTHER)
    await eventually(lambda: "thin" in endpoint.bus.replies)

    assert endpoint.bus.replies["signed"] == {HEADER_STATUS: "200"}
    assert endpoint.bus.replies["thin"] == {HEADER_STATUS: STATUS_UNVERIFIED}
    assert (endpoint.seen[0].sender.lane, endpoint.seen[0].sender.is_proven) == ("203.0.113.5", False)


async def test_a_limited_provider_gets_the_time_to_come_back() -> None:
    endpoint = await started(4)
    endpoint.may_go.set()
    endpoint.outcome = RateLimited("too many unsigned thin events", retry_after_s=7)
    await endpoint.send("thin", OTHER)
    await eventually(lambda: "thin" in endpoint.bus.replies)

    assert endpoint.bus.replies["thin"] == {HEADER_STATUS: "429", HEADER_CODE: "RATE_LIMITED", HEADER_RETRY_AFTER: "7"}
