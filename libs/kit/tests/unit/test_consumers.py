"""Registration of handlers on consumers, and what FastStream does with a message."""

import json
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from faststream.nats import NatsBroker, NatsRouter
from faststream.nats.subscriber.usecases import ConcurrentPullStreamSubscriber, basic
from nats.aio.msg import Msg
from pymongo.errors import AutoReconnect, OperationFailure

from gateway_contracts.envelope import Envelope
from gateway_contracts.errors import ChangedMeanwhile, Conflict
from gateway_contracts.events.tenancy import SiteDeletedV1
from gateway_contracts.topology import consumer
from gateway_kit import context
from gateway_kit.mongo.unit_of_work import AlreadyHandled
from gateway_kit.nats.backlog import Message
from gateway_kit.nats.consumers import EventRouter
from gateway_kit.nats.delivery import StoredMsg
from gateway_kit.set_aside import Letter

SPEC = consumer("domains-on-site-deleted")
ORGANIZATION = "65a500000000000000000001"
EVENT = {
    "id": "e1",
    "source": "svc-admin-api",
    "type": SiteDeletedV1.TYPE,
    "time": "2026-11-29T10:00:00Z",
    "dataschema": "urn:x",
    "organizationId": ORGANIZATION,
    "livemode": False,
    "entityId": "s1",
    "sequence": 1,
    "correlationId": "c1",
    "data": {"objectId": "s1", "occurredAt": "2026-11-29T10:00:00Z"},
}


def body(**changes: Any) -> bytes:
    return json.dumps(EVENT | changes).encode()


class Bench:
    """One consumer without servers: a message goes through FastStream as if it came from the broker.

    Attributes:
        raised: what the handler raises; None lets it succeed.
        seen: ids of the handled events, with the correlation id at that moment.
        kept: messages in the backlog.
        letters: dead letters.
        acks: what the broker was answered.
    """

    def __init__(self) -> None:
        self.raised: Exception | None = None
        self.seen: list[tuple[str, str]] = []
        self.kept: list[Message] = []
        self.letters: list[Letter] = []
        self.acks: list[bytes] = []
        self.backlog = Mock()
        self.backlog.add = AsyncMock(side_effect=self._keep)
        self.backlog.fail, self.backlog.remove = AsyncMock(), AsyncMock()
        set_aside = Mock()
        set_aside.put = AsyncMock(side_effect=self.letters.append)
        router = EventRouter()

        @router.subscriber(SPEC.durable)
        async def on_site_deleted(event: Envelope[SiteDeletedV1]) -> None:
            """Handle."""
            self.seen.append((event.id, context.correlation_id.get()))
            if self.raised is not None:
                raise self.raised

        (self.subscriber,) = router.durable_subscribers
        self.subscriber.keep_backlog(self.backlog, set_aside)
        self.broker = NatsBroker(logger=None, apply_types=False)
        self.broker.include_router(router)
        # The two steps of FastStream's start that need no server.
        self.broker._setup_logger()
        self.subscriber._build_fastdepends_model()

    async def _keep(self, message: Message, *, delay_s: float = 0) -> None:
        self.kept.append(message)

    async def deliver(self, body: bytes, *, tries: int = 1, headers: dict[str, str] | None = None) -> None:
        client = Mock()
        client.publish = AsyncMock(side_effect=lambda reply, payload=b"+ACK": self.acks.append(payload))
        reply = f"$JS.ACK.{SPEC.stream}.{SPEC.durable}.{tries}.7.7.1700000000000000000.0"
        await self.subscriber.process_message(Msg(client, f"{SiteDeletedV1.TYPE}.{ORGANIZATION}", reply, body, headers))

    async def deliver_stored(self, *, attempts: int, failures: int = 1) -> None:
        await self.subscriber.process_message(StoredMsg(stored(attempts, failures)))


def stored(attempts: int, failures: int) -> Message:
    return Message(
        "i", SPEC.durable, ORGANIZATION, SPEC.filter_subject, 7, {}, json.dumps(EVENT).encode(), attempts, failures
    )


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_an_event_is_handled_within_its_ids_and_acknowledged(bench: Bench) -> None:
    await bench.deliver(body())

    assert bench.seen == [("e1", "c1")]
    assert bench.acks == [b"+ACK"]
    assert (bench.kept, bench.letters) == ([], [])
    assert context.correlation_id.get() == ""


@pytest.mark.parametrize(
    "error",
    [KeyError("x"), ValueError("x"), RuntimeError("x"), OSError("x"), OperationFailure("x"), ChangedMeanwhile()],
)
async def test_a_failed_message_leaves_its_consumer_for_a_later_attempt(bench: Bench, error: Exception) -> None:
    """Only a domain rejection is final: any other error may be a fault of this code."""
    bench.raised = error

    await bench.deliver(body())

    assert [(message.failures, message.lane) for message in bench.kept] == [(1, ORGANIZATION)]
    assert (bench.acks, bench.letters) == ([b"+ACK"], [])


async def test_a_domain_rejection_is_set_aside_at_once(bench: Bench) -> None:
    bench.raised = Conflict("no")

    await bench.deliver(body())

    assert [(letter.reason, letter.body, letter.attempts) for letter in bench.letters] == [("Conflict", body(), 1)]
    assert (bench.acks, bench.kept) == ([b"+ACK"], [])


@pytest.mark.parametrize(
    ("malformed", "reason"),
    [
        (b"{", "JSONDecodeError"),
        (b"{}", "KeyError"),
        (b"\xff", "UnicodeDecodeError"),
        (body(data={}), "ValidationError"),
    ],
)
async def test_an_undecodable_message_is_set_aside_at_once(bench: Bench, malformed: bytes, reason: str) -> None:
    await bench.deliver(malformed)

    assert [(letter.reason, letter.body) for letter in bench.letters] == [(reason, malformed)]
    assert (bench.acks, bench.kept, bench.seen) == ([b"+ACK"], [], [])


async def test_a_type_of_a_newer_version_and_a_repeated_delivery_end_well(bench: Bench) -> None:
    await bench.deliver(body(type="tenancy.site_deleted.v9"))
    bench.raised = AlreadyHandled("e1")
    await bench.deliver(body())

    assert bench.acks == [b"+ACK"] * 2
    assert (bench.kept, bench.letters, len(bench.seen)) == ([], [], 1)


async def test_a_message_goes_back_to_the_broker_only_without_a_database(bench: Bench) -> None:
    bench.raised = AutoReconnect("gone")

    await bench.deliver(body(), tries=3)

    assert bench.acks == [b'-NAK {"delay": 5000000000}']
    assert (bench.kept, bench.letters) == ([], [])


async def test_a_message_that_may_have_ended_processes_is_counted_in_the_database(bench: Bench) -> None:
    await bench.deliver(body(), tries=6)

    assert [message.failures for message in bench.kept] == [0]
    assert (bench.acks, bench.seen) == ([b"+ACK"], [])


async def test_a_message_that_was_redriven_for_another_consumer_is_passed_over(bench: Bench) -> None:
    await bench.deliver(body(), headers={"Gw-Redriven-For": "ipn-on-disputes"})
    await bench.deliver(body(), headers={"Gw-Redriven-For": SPEC.durable})

    assert (len(bench.seen), bench.acks) == (1, [b"+ACK"] * 2)


async def test_a_message_of_the_backlog_takes_the_same_way(bench: Bench) -> None:
    await bench.deliver_stored(attempts=2)
    bench.backlog.remove.assert_awaited_once_with(stored(2, 1))

    bench.raised = ValueError("again")
    await bench.deliver_stored(attempts=3, failures=2)
    bench.backlog.fail.assert_awaited_once_with(stored(3, 2), delay_s=SPEC.retry_schedule_s[2])
    assert bench.letters == []

    last = len(SPEC.retry_schedule_s)
    await bench.deliver_stored(attempts=last, failures=last)
    await bench.deliver_stored(attempts=100)
    assert [letter.reason for letter in bench.letters] == ["ValueError", "AttemptsExhausted"]
    assert bench.backlog.remove.await_count == 3


async def test_what_log_lines_would_name_is_found_out_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(basic, "Address", Mock(side_effect=AssertionError("the subject is parsed again")))

    first, second = bench.subscriber.get_log_context(None), bench.subscriber.get_log_context(None)

    assert first == second == {"subject": SPEC.filter_subject, "queue": "", "stream": SPEC.stream, "message_id": ""}
    # FastStream takes away what it does not need.
    assert first is not second


def test_the_subscriber_is_what_faststream_would_make_of_the_same_options() -> None:
    ours = EventRouter().subscriber(SPEC.durable)
    theirs = NatsRouter().subscriber(
        SPEC.filter_subject,
        stream=ours.stream,
        durable=SPEC.durable,
        pull_sub=ours.pull_sub,
        max_workers=ours.max_workers,
        ack_policy=ours.ack_policy,
        no_reply=True,
        inbox_prefix=b"_INBOX_svc-domains.",
        title=SPEC.durable,
    )

    assert isinstance(theirs, ConcurrentPullStreamSubscriber)
    assert ours.extra_options == theirs.extra_options
    assert ours.config == theirs.config
    assert ours.subject.broker_address == theirs.subject.broker_address
    assert ours.specification.config == theirs.specification.config
