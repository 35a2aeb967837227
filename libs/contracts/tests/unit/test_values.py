"""Values that cannot be stored are found at every place, with their path."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_contracts.errors import Invalid, TooLarge, Unreadable
from gateway_contracts.limits import DEPTH_MAX, INT64_MAX, REQUEST_TEXTS_BYTES_MAX
from gateway_contracts.requests.refund import CREATE_REFUND
from gateway_contracts.requests.transaction import CREATE_CHECKOUT, UPDATE_CHECKOUT
from gateway_contracts.strict_json import read_json
from gateway_contracts.values import inspect

HALF = "\ud83d"
FLAWS: list[tuple[Any, str]] = [
    (HALF, ""),
    ({"metadata": {"a": HALF}}, "metadata.a"),
    ({"metadata": {HALF: "a"}}, "metadata.\ufffd"),
    ({"metadata": {"a\x00": "a"}}, "metadata.a\ufffd"),
    ({"items": [{"name": "x"}, {"name": "x\x1b"}]}, "items[1].name"),
    ({"a": [[["\ufffe"]]]}, "a[0][0][0]"),
    ({"a": 2**63}, "a"),
    ({"a": -(10**30)}, "a"),
    ({"a": float("inf")}, "a"),
    ({"a": float("nan")}, "a"),
]


@pytest.mark.parametrize(("value", "field"), FLAWS)
def test_a_flaw_is_found_with_its_place(value: Any, field: str) -> None:
    flaw = inspect(value).flaw
    assert flaw is not None
    assert flaw.field == field
    assert flaw.message.encode()


@pytest.mark.parametrize(
    "value",
    ["caf\u00e9 \U0001f600 \u202e\r\n\t", INT64_MAX, -INT64_MAX, 1.5, True, None, [], {}, {"a": [{"b": "c"}]}],
)
def test_what_can_be_kept(value: Any) -> None:
    assert inspect(value).flaw is None


def test_depth_has_an_end() -> None:
    value: Any = "x"
    for _ in range(DEPTH_MAX):
        value = [value]
    assert inspect(value).flaw is None
    assert inspect([value]).flaw is not None


json_values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters()), inner, max_size=3),
    max_leaves=20,
)


@given(json_values)
def test_whatever_passes_can_be_written_to_the_bus_and_the_database(value: Any) -> None:
    import json

    seen = inspect(value)
    if seen.flaw is None:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        assert seen.texts_bytes <= len(text.encode())
        assert json.loads(text) == value


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe{\x00}\x00", b'"\xed\xa0\x80"', b"[" * 100_000, b'{"a":' * 5_000, b"nan", b"{'a': 1}"],
)
def test_what_is_no_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_json(body)


def test_numbers_of_any_length_are_read_and_out_of_range() -> None:
    for digits in (20, 30, 5_000, 100_000):
        flaw = inspect(read_json(b'{"amount": ' + b"9" * digits + b"}")).flaw
        assert flaw is not None
        assert flaw.field == "amount"
    for body in (b"NaN", b"-Infinity", b"1e999"):
        assert inspect(read_json(body)).flaw is not None


def test_a_name_given_twice_is_refused_with_its_name() -> None:
    with pytest.raises(Invalid) as caught:
        read_json(b'{"amount": 1, "metadata": {"a": "x", "a": "y"}}')
    assert [problem.field for problem in caught.value.details] == ["a"]
    with pytest.raises(Invalid) as caught:
        read_json(b'{"\\ud83d": 1, "\\ud83d": 2}')
    assert str(caught.value).encode()


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read_json(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    ("method", "data", "field"),
    [
        (UPDATE_CHECKOUT, {"checkoutId": "6" * 24, "metadata": {"order": HALF}}, "metadata.order"),
        (UPDATE_CHECKOUT, {"checkoutId": "6" * 24, "metadata": {HALF: "x"}}, "metadata.\ufffd"),
        (CREATE_CHECKOUT, {"party": {"name": "Ada\x00"}}, "party.name"),
        (CREATE_REFUND, {"lines": [{"line": 10**30, "amount": 1}]}, "lines[0].line"),
    ],
)
def test_an_owner_refuses_it_too(method: Any, data: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        method.read(data)
    assert [problem.field for problem in caught.value.details] == [field]


def test_an_owner_refuses_more_text_than_an_api_lets_through() -> None:
    data = {"checkoutId": "6" * 24, "metadata": {"a": "x" * (REQUEST_TEXTS_BYTES_MAX + 1)}}
    with pytest.raises(TooLarge):
        UPDATE_CHECKOUT.read(data)
