"""JSON on the bus: bytes of UTF-8, and errors that can always be sent."""

import json
from typing import Any

import pytest

from gateway_contracts.errors import Conflict, FieldProblem, GatewayError, Invalid, from_wire
from gateway_kit.wire import ERROR_BYTES_MAX, error_reply, header_text, json_bytes

HALF_AN_EMOJI = "\ud83d"


def test_text_is_as_long_on_the_bus_as_in_utf_8() -> None:
    assert json_bytes({"name": "😀é"}) == '{"name":"😀é"}'.encode()


def test_what_cannot_be_written_is_a_typed_error_without_the_text() -> None:
    nested: list[Any] = []
    nested.append(nested)
    for value in (f"Jane{HALF_AN_EMOJI}", float("nan"), nested):
        with pytest.raises(Invalid) as caught:
            json_bytes({"name": value})
        assert caught.value.code == "NOT_ENCODABLE"
        assert "Jane" not in caught.value.message


@pytest.mark.parametrize(
    "error",
    [
        Conflict(f"half {HALF_AN_EMOJI}", code=f"A{HALF_AN_EMOJI}", field=HALF_AN_EMOJI),
        Conflict("x" * 2_000_000, code="C" * 2_000_000),
        Conflict("facts", blob="y" * 2_000_000),
        Conflict("a fact that JSON cannot hold", fact={(1, 2): object()}),
        Invalid("many", details=[FieldProblem(f"f{HALF_AN_EMOJI}" * 1_000, "m" * 1_000)] * 1_000),
        GatewayError("line\r\nbreak", code="A\r\nPUB evil 0\r\n"),
    ],
)
def test_every_error_can_be_sent_and_keeps_its_kind(error: GatewayError) -> None:
    headers, body = error_reply(error)

    assert len(body) <= ERROR_BYTES_MAX
    assert all(value.isascii() and len(value) <= 128 for value in headers.values())
    arrived = from_wire(json.loads(body))
    assert type(arrived) is type(error)
    assert arrived.message
    json_bytes(arrived.to_wire())


def test_a_header_is_short_and_ascii() -> None:
    assert header_text("req_1") == "req_1"
    assert header_text("é" + HALF_AN_EMOJI + "x" * 500).isascii()
    assert len(header_text("é" * 500)) == 128
