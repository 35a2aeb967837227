"""Mollie's webhooks: classic ones are unsigned, next-generation ones are signed; both are thin events."""

import hashlib
import hmac
import json
from datetime import datetime

import pytest
from conformance import NOW, SECRET, SignatureConformance, ThinEventConformance

from gateway_contracts.errors import Unreadable
from gateway_providers.errors import SignatureInvalid
from gateway_providers.mollie.webhook import HEADER, MollieWebhooks, payment_id_of, sign

EVENT = json.dumps(
    {"resource": "event", "id": "event_1", "type": "payment.paid", "entityId": "tr_5B8cwPMGnU6qLbRvo7qEZo"}
).encode()
CLASSIC = b"id=tr_5B8cwPMGnU6qLbRvo7qEZo"


class TestMollieWebhooks(SignatureConformance, ThinEventConformance):
    webhooks = MollieWebhooks()
    signs_everything = False

    def headers(self, body: bytes, secret: str, at: datetime) -> dict[str, str]:
        return {HEADER: "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}

    def a_body(self) -> bytes:
        return EVENT


def test_the_published_vector() -> None:
    body = b'{"id":"evt_1","type":"payment.succeeded","amount":1099,"currency":"EUR"}'
    signature = "sha256=1fe1f96f43935872965015f582bd78f88776124946c70d436bda3ff1fcebfe9a"

    assert sign(body, "anchor-mollie") == signature
    MollieWebhooks().verify(body, {HEADER: signature}, ["anchor-mollie"], NOW)
    MollieWebhooks().verify(body, {HEADER: signature.removeprefix("sha256=")}, ["anchor-mollie"], NOW)


def test_one_of_several_signatures_is_enough() -> None:
    header = f"sha256={'0' * 64}, {sign(EVENT, SECRET)}"

    MollieWebhooks().verify(EVENT, {HEADER: header}, ["other", SECRET], NOW)


@pytest.mark.parametrize("header", ["", "sha256=", ",", "sha256=ä"])
def test_an_empty_signature_is_a_wrong_one(header: str) -> None:
    with pytest.raises(SignatureInvalid):
        MollieWebhooks().verify(EVENT, {HEADER: header}, [SECRET], NOW)


@pytest.mark.parametrize(
    ("raw", "payment_id"),
    [
        (CLASSIC, "tr_5B8cwPMGnU6qLbRvo7qEZo"),
        (b"id=tr_1&testByMollie=1", "tr_1"),
        (EVENT, "tr_5B8cwPMGnU6qLbRvo7qEZo"),
        (b'{"resource": "payment", "id": "tr_2", "status": "paid"}', "tr_2"),
        (b'{"resource": "event", "entityId": "re_1", "_embedded": {"entity": {"paymentId": "tr_3"}}}', "tr_3"),
        (b"id=ord_8wmqcHMN4U", None),
        (b'{"resource": "event", "type": "hook.ping", "entityId": "hook_1"}', None),
    ],
)
def test_a_thin_event_names_its_payment(raw: bytes, payment_id: str | None) -> None:
    assert payment_id_of(raw) == payment_id


@pytest.mark.parametrize(
    "raw", [b"id=tr_1&id=tr_2", b"id=../../x", b"id=tr_", b"other=tr_1", b'{"id": 1}', b"id=tr_%00"]
)
def test_what_names_nothing_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        MollieWebhooks().split(raw)
