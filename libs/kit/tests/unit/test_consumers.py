"""How handlers are put on consumers."""

from unittest.mock import Mock

import pytest
from faststream.nats import NatsBroker
from faststream.nats.subscriber.usecases import basic

from gateway_contracts.topology import consumer
from gateway_kit.nats.consumers import Consumers


def test_what_log_lines_would_name_is_found_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = NatsBroker(logger=None, apply_types=False)
    consumers = Consumers(broker, "svc-invoice", backlog=Mock(), set_aside=Mock())

    async def handle(headers: dict[str, str], body: bytes) -> None: ...

    spec = consumer("invoice-on-refunds")
    consumers.on_raw(spec, handle)
    [subscriber] = broker.subscribers
    monkeypatch.setattr(basic, "Address", Mock(side_effect=AssertionError("the subject is parsed again")))

    first, second = subscriber.get_log_context(None), subscriber.get_log_context(None)

    assert first == second == {"subject": spec.filter_subject, "queue": "", "stream": spec.stream, "message_id": ""}
    # FastStream takes away what it does not need.
    assert first is not second
