"""Values of a provider are bounded before anything is computed with them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_contracts.errors import Unreadable
from gateway_contracts.untrusted import MOMENT_FIRST, MOMENT_LAST
from gateway_providers.errors import SignatureInvalid
from gateway_providers.gocardless.webhook import _created as gocardless_time
from gateway_providers.http import Answer
from gateway_providers.mollie.mapping import time_of as mollie_time
from gateway_providers.paypal.webhook import _created as paypal_time
from gateway_providers.paypal.webhook import _time_of as paypal_transmission_time
from gateway_providers.stripe.webhook import _created as stripe_time
from gateway_providers.wise.webhook import _time as wise_time

READERS: dict[str, Callable[[Any], datetime | None]] = {
    "stripe": lambda value: stripe_time({"created": value}),
    "paypal": lambda value: paypal_time({"create_time": value}),
    "gocardless": lambda value: gocardless_time({"created_at": value}),
    "wise": wise_time,
    "mollie": mollie_time,
}
ABSURD = [
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
    "2026-01-15T00:00:00+99:99", "-1", "NaN", "", "x" * 5_000, json.loads("1" + "0" * 400), -(10**400),
]  # fmt: skip


@pytest.mark.parametrize("provider", READERS)
@pytest.mark.parametrize("value", ABSURD)
def test_an_absurd_time_is_unreadable(provider: str, value: object) -> None:
    try:
        moment = READERS[provider](value)
    except Unreadable:
        return
    assert moment is None, "only a time that is not there"


@pytest.mark.parametrize("provider", READERS)
@given(value=st.one_of(st.text(), st.integers(), st.datetimes(timezones=st.timezones()).map(datetime.isoformat)))
def test_any_time_is_in_range_or_unreadable(provider: str, value: object) -> None:
    try:
        moment = READERS[provider](value)
    except Unreadable:
        return
    assert moment is None or MOMENT_FIRST <= moment <= MOMENT_LAST
    assert moment is None or moment.tzinfo is UTC


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "now", ""])
def test_a_signature_with_an_absurd_time_is_invalid(value: str) -> None:
    with pytest.raises(SignatureInvalid):
        paypal_transmission_time(value)


@given(st.one_of(st.text(), st.integers().map(str), st.floats().map(str)))
def test_any_retry_after_is_a_minute_at_most(value: str) -> None:
    seconds = Answer(429, {}, headers={"retry-after": value}).retry_after_s

    assert seconds is None or 0 <= seconds <= 60


def test_a_retry_after_may_be_a_date() -> None:
    assert Answer(429, {}, headers={"retry-after": "Fri, 31 Dec 2027 23:59:59 GMT"}).retry_after_s == 60
