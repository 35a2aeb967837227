"""Private parts of FastStream and nats-py on which our subclasses rely (ADR 0050)."""

import hashlib
import inspect
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import pytest
from faststream._internal.broker.registrator import Registrator
from faststream._internal.endpoint.subscriber.mixins import ConcurrentMixin, TasksMixin
from faststream._internal.endpoint.subscriber.usecase import SubscriberUsecase
from faststream.message import StreamMessage
from faststream.middlewares.acknowledgement.middleware import _AcknowledgementMiddleware
from faststream.nats import NatsMessage
from faststream.nats.broker.registrator import NatsRegistrator
from faststream.nats.subscriber.factory import create_subscriber
from faststream.nats.subscriber.usecases import ConcurrentPullStreamSubscriber, PullStreamSubscriber
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js import JetStreamContext

PullSubscription = JetStreamContext.PullSubscription
REVIEWED: tuple[tuple[Callable[..., Any], str], ...] = (
    (NatsRegistrator.subscriber, "10a30cc87d18"),
    (Registrator.subscriber, "852d8a58db03"),
    (create_subscriber, "c24bad016603"),
    (ConcurrentPullStreamSubscriber._create_subscription, "79e3c10da863"),
    (ConcurrentPullStreamSubscriber.get_log_context, "c0c7e7fb265e"),
    (PullStreamSubscriber._consume_pull, "c135062c9590"),
    (ConcurrentMixin.stop, "d69527f43fe8"),
    (TasksMixin.stop, "3f256125449f"),
    (SubscriberUsecase.process_message, "aa3ed06c328d"),
    (SubscriberUsecase.add_call, "c40d083d566f"),
    (_AcknowledgementMiddleware.__aexit__, "83844de287f2"),
    (StreamMessage.__init__, "ea7623a40555"),
    (NatsMessage.ack, "de1603c4d7a0"),
    (NatsMessage.nack, "8b0c6b179a24"),
    (Msg, "ee018c325024"),
    (PullSubscription.__init__, "31004f41d6e5"),
    (PullSubscription.fetch, "f8e2ca5d3dd9"),
    (PullSubscription.unsubscribe, "7a0d5f33a212"),
    (JetStreamContext.is_status_msg, "48adad6fa795"),
    (Subscription.next_msg, "6abe56b0718c"),
)


@pytest.mark.parametrize(("part", "digest"), REVIEWED, ids=lambda value: getattr(value, "__qualname__", ""))
def test_it_is_the_source_that_was_reviewed(part: Callable[..., Any], digest: str) -> None:
    """On failure: compare the new source with our overrides, measure as ADR 0050 says, then enter the new digest."""
    assert hashlib.sha256(inspect.getsource(part).encode()).hexdigest()[:12] == digest


def test_the_versions_are_pinned() -> None:
    assert (version("faststream"), version("nats-py")) == ("0.7.8", "2.16.0")
