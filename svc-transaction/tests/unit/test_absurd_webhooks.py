"""Whatever stands at any place of a provider's body: facts that the database can hold, or a typed rejection."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import bson
import pytest
from bson.codec_options import CodecOptions
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_contracts.errors import Rejected
from gateway_contracts.money import AMOUNT_MINOR_MAX
from gateway_providers.errors import PartlyUnreadable
from gateway_providers.events import ProviderFact
from gateway_providers.http import Answer
from gateway_providers.mollie.client import MollieConnector
from gateway_providers.ports import ProviderAccount
from gateway_providers.registry import webhooks_of
from gateway_providers.wise.client import WiseConnector
from gateway_testkit import webhook_bodies as bodies
from transaction.domain.stored_report import read_report, write_report
from transaction.transitions.translate import check_facts, report_of_event

NOW = datetime(2026, 9, 30, tzinfo=UTC)
SIGNED = [
    *(("stripe", body) for body in bodies.STRIPE),
    *(("paypal", body) for body in bodies.PAYPAL),
    *(("gocardless", body) for body in bodies.GOCARDLESS),
    ("mollie", bodies.MOLLIE_THIN_EVENT),
    *(("wise", body) for body in bodies.WISE_THIN_EVENTS),
]
ANSWERS = [
    ("mollie", b"id=tr_7UhSN1zuXS", bodies.MOLLIE_PAYMENT),
    ("mollie", b"id=tr_7UhSN1zuXS", bodies.MOLLIE_FAILED),
    ("wise", json.dumps(bodies.WISE_THIN_EVENTS[0]).encode(), bodies.WISE_INCOMING),
]
HUGE = [2**31, 2**53, 2**63 - 1, 2**63, 2**64, 10**30, AMOUNT_MINOR_MAX, AMOUNT_MINOR_MAX + 1]
ODD_NUMBERS = [*HUGE, *(-number for number in HUGE), 0, -1, 1e400, -1e400, float("nan"), 0.1, 1e300]
ODD_TEXTS = [
    "", "x" * 300, "x" * 70_000, "\ud800", "a\x00b", "\U0001f600" * 100, "1e999999", "1e-999999", "9" * 200, "NaN",
    "Infinity", "99999999999999.99", "999999999999999999.00", "-0.01", "0.00", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59Z", "2026-09-21", "XXX", "999999999999999 EUR BRQ1",
    "66f000000000000000000001:66f000000000000000000002:" + "9" * 64,
]  # fmt: skip
ODD: list[Any] = [
    *ODD_NUMBERS,
    *ODD_TEXTS,
    True,
    None,
    [],
    {},
    [{}],
    [None] * 300,
    {"id": "x"},
    {"value": "1", "currency": 7},
]
LEAVES = st.sampled_from(ODD) | st.floats() | st.integers() | st.text(max_size=20)
VALUES = LEAVES | st.lists(LEAVES, max_size=2) | st.dictionaries(st.text(max_size=5), LEAVES, max_size=2)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def changed(body: Mapping[str, Any], changes: list[tuple[tuple[Any, ...], Any]]) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(body))
    for path, value in changes:
        at: Any = copied
        try:
            for key in path[:-1]:
                at = at[key]
            at[path[-1]] = value
        except (KeyError, TypeError, IndexError):
            continue  # an earlier change removed the place
    return copied


@st.composite
def odd(draw: st.DrawFn, body: Mapping[str, Any]) -> dict[str, Any]:
    found = list(places(body))
    count = draw(st.integers(1, 3))
    return changed(body, [(draw(st.sampled_from(found)), draw(VALUES)) for _ in range(count)])


def hold(facts: list[ProviderFact]) -> None:
    """The database takes each fact and gives it back as it was."""
    for fact in facts:
        ours = report_of_event(fact)
        options: Any = CodecOptions(tz_aware=True)
        stored = bson.decode(bson.encode({"fact": write_report(ours)}), codec_options=options)
        back = read_report(stored["fact"])
        assert replace(back, occurred_at=ours.occurred_at) == ours  # the database keeps milliseconds


def read(provider: str, raw: bytes) -> None:
    webhooks = webhooks_of(provider)
    try:
        events = webhooks.split(raw)
    except Rejected:
        return
    for event in events:
        event.provider_event_id.encode()
        assert 0 < len(event.provider_event_id) <= 512
        try:
            facts = webhooks.facts(event.raw)
            check_facts(facts, now=NOW)
        except Rejected:
            continue
        hold(facts)


@pytest.mark.parametrize(("provider", "body"), SIGNED)
def test_a_real_body_says_what_it_says(provider: str, body: dict[str, Any]) -> None:
    webhooks = webhooks_of(provider)
    facts = [fact for event in webhooks.split(json.dumps(body).encode()) for fact in webhooks.facts(event.raw)]
    check_facts(facts, now=NOW)
    hold(facts)
    assert bool(facts) is not webhooks.is_thin_event(b"", {})


@pytest.mark.parametrize(("provider", "body"), SIGNED)
def test_every_odd_value_at_every_place_of_a_webhook(provider: str, body: dict[str, Any]) -> None:
    for path in places(body):
        for value in ODD:
            read(provider, json.dumps(changed(body, [(path, value)])).encode())


@pytest.mark.parametrize(("provider", "body"), SIGNED)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_any_value_at_any_place_of_a_webhook(provider: str, body: dict[str, Any], data: st.DataObject) -> None:
    read(provider, json.dumps(data.draw(odd(body))).encode())


class Answering:
    """A provider's interface that answers one thing."""

    def __init__(self, body: Any) -> None:
        self._answer = Answer(200, json.loads(json.dumps(body)))

    async def get(self, *_: Any, **__: Any) -> Answer:
        return self._answer


def resolved(provider: str, thin_event: bytes, body: Any) -> list[ProviderFact]:
    account = ProviderAccount("65c000000000000000000001", bodies.ORGANIZATION, provider, livemode=False)
    http: Any = Answering(body)
    connector = MollieConnector(http=http) if provider == "mollie" else WiseConnector(http=http)
    return asyncio.run(connector.resolve_thin_event(account, thin_event))


def ask(provider: str, thin_event: bytes, answer: Any) -> None:
    try:
        facts = resolved(provider, thin_event, answer)
    except PartlyUnreadable as exc:
        facts = list(exc.facts)
    except Rejected:
        return
    try:
        check_facts(facts, now=NOW)
    except Rejected:
        return
    hold(facts)


@pytest.mark.parametrize(("provider", "thin_event", "body"), ANSWERS)
def test_every_odd_value_at_every_place_of_an_answer(provider: str, thin_event: bytes, body: Any) -> None:
    for path in places(body):
        for value in ODD:
            ask(provider, thin_event, changed(body, [(path, value)]))


@pytest.mark.parametrize(("provider", "thin_event", "body"), ANSWERS)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_any_value_at_any_place_of_an_answer(provider: str, thin_event: bytes, body: Any, data: st.DataObject) -> None:
    ask(provider, thin_event, data.draw(odd(body)))


def test_one_absurd_refund_does_not_take_the_other_facts_of_an_answer() -> None:
    refunds = bodies.MOLLIE_PAYMENT["_embedded"]["refunds"]  # type: ignore[index]
    absurd = {**refunds[0], "id": "re_absurd", "amount": bodies.money("999999999999999.00")}
    embedded = {**bodies.MOLLIE_PAYMENT["_embedded"], "refunds": [absurd, *refunds]}  # type: ignore[dict-item]

    with pytest.raises(PartlyUnreadable) as caught:
        resolved("mollie", b"id=tr_7UhSN1zuXS", {**bodies.MOLLIE_PAYMENT, "_embedded": embedded})

    good = resolved("mollie", b"id=tr_7UhSN1zuXS", bodies.MOLLIE_PAYMENT)
    assert {fact.event_key for fact in caught.value.facts} == {fact.event_key for fact in good}
