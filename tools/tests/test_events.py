"""The event catalogue is that of the code, and knows every consumer."""

import json

import gen_events
import pytest

from gateway_contracts.events.registry import EVENTS
from gateway_contracts.topology import EVENT_CONSUMERS
from gateway_kit.nats.consumers import EventRouter


@pytest.fixture(scope="module")
def found() -> list[EventRouter]:
    return list(gen_events.routers())


def test_the_catalogue_is_current(found: list[EventRouter]) -> None:
    assert gen_events.PAGE.read_text() == gen_events.page(found), "run `make events`"
    assert gen_events.DOCUMENT.read_text() == gen_events.document(list(gen_events.routers())), "run `make events`"


def test_every_consumer_of_the_topology_has_one_described_handler(found: list[EventRouter]) -> None:
    subscribers = gen_events.subscribers(found)
    assert [each.spec for each in subscribers] == sorted(EVENT_CONSUMERS, key=lambda spec: spec.durable)
    assert all(gen_events._description(each) for each in subscribers)


def test_the_document_describes_every_event_and_consumer() -> None:
    channels = json.loads(gen_events.DOCUMENT.read_text())["channels"]
    assert set(channels) >= {*EVENTS, *(spec.durable for spec in EVENT_CONSUMERS)}
    assert channels["invoice-on-refunds"]["address"] == "refund.*.*.*"


@pytest.mark.parametrize(
    ("pattern", "subject", "is_taken"),
    [
        ("refund.*.*.*", "refund.failed.v1.x", True),
        ("refund.*.*.*", "dispute.closed.v1.x", False),
        ("dispute.closed.v1.*", "dispute.opened.v1.x", False),
        ("refund.*.*", "refund.failed.v1.x", False),
    ],
)
def test_filters_are_those_of_the_broker(pattern: str, subject: str, is_taken: bool) -> None:
    assert gen_events._matches(pattern, subject) is is_taken
