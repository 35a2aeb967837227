"""Wise: Wise's signatures, what its thin events name, how references are found, account details per currency."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from conformance import (
    AMOUNTS,
    NOW,
    OLDER_SECRET,
    ORGANIZATION,
    SECRET,
    TRANSACTION,
    ConnectorConformance,
    SignatureConformance,
    ThinEventConformance,
)
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from gateway_contracts.errors import Unreadable
from gateway_contracts.money import Money
from gateway_providers.errors import ProviderRefused, SignatureInvalid
from gateway_providers.ports import Connector, PaymentIntentRequest, ProviderAccount, Refunding, ThinEventConnector
from gateway_providers.registry import webhooks_of
from gateway_providers.remittance import printed, reference_for
from gateway_providers.wise.client import WiseConnector
from gateway_providers.wise.keys import LIVE_KEY, SANDBOX_KEY
from gateway_providers.wise.transfers import incoming_of, reference_in, transfer_of
from gateway_providers.wise.webhook import (
    CREDITED,
    PAYMENT_CHANGED,
    SIGNATURE_HEADER,
    TEST_HEADER,
    WiseWebhooks,
    read_thin_event,
)

AT = "2026-01-15T12:00:00.123Z"
IBAN_ACCOUNT = {"iban": "BE68539007547034", "bic": "TRWIBEB1XXX", "bankName": "Wise Europe"}
ACCOUNTS = {amount.currency: IBAN_ACCOUNT for amount in AMOUNTS} | {
    "GBP": {"accountNumber": "31926819", "routingCode": "60-16-13"},
    "USD": {"routingCode": "084009519"},
}
ACCOUNT = ProviderAccount(
    id="p1",
    organization_id=ORGANIZATION,
    type="wise",
    livemode=False,
    public={"accountHolder": "Demo GmbH", "profileId": "222", "accounts": json.dumps(ACCOUNTS)},
    secrets={"apiToken": "token-0123456789"},
)


@cache
def key_of(name: str) -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


@pytest.fixture(scope="module", autouse=True)
def _keys_are_made_before() -> None:
    """Making a key takes its time, which generated examples are not given."""
    for name in (SECRET, OLDER_SECRET, "a"):
        key_of(name)


def public_pem(name: str) -> str:
    return key_of(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def credited(**data: Any) -> bytes:
    event = {
        "schema_version": "4.0.0",
        "subscription_id": "01234567-89ab-cdef-0123-456789abcdef",
        "event_type": CREDITED,
        "sent_at": AT,
        "data": {"incoming_transfer_id": "0f6d9c6e-0a2b-4a57-9f0e-7d6f3b8d1c11", "occurred_at": AT, **data},
    }
    return json.dumps(event).encode()


def changed(state: str = "COMPLETED", **data: Any) -> bytes:
    found = {"transfer": {"id": 111}, "resource": {"profile_id": 222}, "current_state": state, "occurred_at": AT}
    return json.dumps({"event_type": PAYMENT_CHANGED, "sent_at": AT, "data": {**found, **data}}).encode()


class TestWiseWebhooks(SignatureConformance, ThinEventConformance):
    """A secret of the conformance suite is the name of a key pair here."""

    webhooks = WiseWebhooks()

    def headers(self, body: bytes, secret: str, at: datetime) -> dict[str, str]:
        return {SIGNATURE_HEADER: base64.b64encode(key_of(secret).sign(body, PKCS1v15(), SHA256())).decode()}

    def a_body(self) -> bytes:
        return credited()

    def verify(self, body: bytes, headers: dict[str, str], secrets: tuple[str, ...] = (SECRET,)) -> None:
        keys = tuple(public_pem(name) if name in (SECRET, OLDER_SECRET) else name for name in secrets)
        self.webhooks.verify(body, headers, keys, NOW)


class TestWiseConnector(ConnectorConformance):
    @pytest.fixture
    def connector(self) -> Connector:
        return WiseConnector()

    @pytest.fixture
    def account(self) -> ProviderAccount:
        return ACCOUNT


def test_it_behaves_as_a_transfer_with_thin_events() -> None:
    connector = WiseConnector()

    assert isinstance(connector, ThinEventConnector)
    assert not isinstance(connector, Refunding)
    capabilities = connector.capabilities
    assert (capabilities.refunds, capabilities.mark_pending, capabilities.replaceable) == ("manual", True, True)


def test_the_published_keys_are_of_their_mode() -> None:
    webhooks = webhooks_of("wise")

    assert webhooks.published_keys(livemode=True) == (LIVE_KEY,)
    assert webhooks.published_keys(livemode=False) == (SANDBOX_KEY,)
    for key in (LIVE_KEY, SANDBOX_KEY):
        with pytest.raises(SignatureInvalid):
            webhooks.verify(b"{}", {SIGNATURE_HEADER: base64.b64encode(bytes(256)).decode()}, [key], NOW)


def test_a_key_may_come_as_pem_or_as_its_base64_alone() -> None:
    body = credited()
    headers = {SIGNATURE_HEADER: base64.b64encode(key_of("a").sign(body, PKCS1v15(), SHA256())).decode()}
    bare = "".join(public_pem("a").splitlines()[1:-1])

    for key in (public_pem("a"), public_pem("a").replace("\n", "\r\n"), bare):
        WiseWebhooks().verify(body, headers, [key], NOW)


@pytest.mark.parametrize("form", ["sha1", "pss", "garbage", "not ascii", "empty", "hex"])
def test_another_scheme_is_no_signature(form: str) -> None:
    body, key = credited(), key_of("a")
    signature = {
        "sha1": base64.b64encode(key.sign(body, PKCS1v15(), SHA1())).decode(),  # noqa: S303 - shall be refused
        "pss": base64.b64encode(key.sign(body, PSS(MGF1(SHA256()), 32), SHA256())).decode(),
        "garbage": "!!!",
        "not ascii": "ä" * 40,
        "empty": " ",
        "hex": key.sign(body, PKCS1v15(), SHA256()).hex(),
    }[form]

    with pytest.raises(SignatureInvalid):
        WiseWebhooks().verify(body, {SIGNATURE_HEADER: signature}, [public_pem("a")], NOW)


def test_a_short_key_verifies_nothing() -> None:
    short = generate_private_key(65537, 1024)  # noqa: S505 - shall be refused
    pem = short.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    headers = {SIGNATURE_HEADER: base64.b64encode(short.sign(b"{}", PKCS1v15(), SHA256())).decode()}

    with pytest.raises(SignatureInvalid):
        WiseWebhooks().verify(b"{}", headers, [pem], NOW)


@given(place=st.integers(0, 10_000), character=st.sampled_from("ABCabc019+/"))
def test_a_changed_key_verifies_nothing(place: int, character: str) -> None:
    body, bare = credited(), "".join(public_pem("a").splitlines()[1:-1])
    headers = {SIGNATURE_HEADER: base64.b64encode(key_of("a").sign(body, PKCS1v15(), SHA256())).decode()}
    place %= len(bare)
    if bare[place] == character:
        return

    with pytest.raises(SignatureInvalid):
        WiseWebhooks().verify(body, headers, [bare[:place] + character + bare[place + 1 :]], NOW)


@given(position=st.integers(0, 2047))
def test_a_flipped_bit_of_the_signature_is_refused(position: int) -> None:
    signature = bytearray(key_of("a").sign(credited(), PKCS1v15(), SHA256()))
    signature[position // 8] ^= 1 << position % 8

    headers = {SIGNATURE_HEADER: base64.b64encode(signature).decode()}
    with pytest.raises(SignatureInvalid):
        WiseWebhooks().verify(credited(), headers, [public_pem("a")], NOW)


@pytest.mark.parametrize(("value", "expected"), [("true", True), ("True", True), ("false", False), (None, False)])
def test_a_test_notification_says_so(value: str | None, expected: bool) -> None:
    assert WiseWebhooks().is_test({} if value is None else {TEST_HEADER: value}) is expected


@pytest.mark.parametrize(
    ("raw", "resource_id", "tells"),
    [
        (credited(), "0f6d9c6e-0a2b-4a57-9f0e-7d6f3b8d1c11", True),
        (changed(), "111", True),
        (changed("PENDING"), "111", False),
        (changed(transfer=None, resource={"id": "77"}), "77", True),
        (b'{"event_type": "balances#credit", "sent_at": "2026-01-15T12:00:00Z", "data": {}}', "", False),
        (b'{"event_type": "something#new", "sent_at": "2026-01-15T12:00:00Z", "data": {}}', "", False),
    ],
)
def test_a_thin_event_names_its_transfer(raw: bytes, resource_id: str, tells: bool) -> None:
    thin_event = read_thin_event(raw)

    assert (thin_event.resource_id, thin_event.tells_of_money) == (resource_id, tells)


@pytest.mark.parametrize(
    "raw",
    [
        credited(incoming_transfer_id="../../v1/profiles"),
        credited(incoming_transfer_id=True),
        credited(incoming_transfer_id="a" * 65),
        credited(occurred_at="yesterday"),
        changed(transfer={"id": ""}),
    ],
)
def test_what_names_nothing_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        read_thin_event(raw)


def test_the_same_event_has_the_same_key_whatever_the_delivery() -> None:
    [first] = WiseWebhooks().split(credited())
    [again] = WiseWebhooks().split(credited().replace(b'"4.0.0"', b'"4.0.1"'))
    keys = {first.provider_event_id}
    for other in (changed(), changed("PENDING"), credited(occurred_at="2026-01-16T12:00:00Z")):
        keys.add(WiseWebhooks().split(other)[0].provider_event_id)

    assert first.provider_event_id == again.provider_event_id
    assert len(keys) == 4


@given(st.integers(0, 2**96 - 1).map(lambda number: f"{number:024x}"), st.sampled_from(["", "Invoice 7 ", "/ROC/"]))
def test_our_reference_is_found_in_what_people_write(transaction_id: str, before: str) -> None:
    reference = reference_for(transaction_id)

    for written in (reference, printed(reference), printed(reference).lower(), f"{reference}, thank you"):
        assert reference_in(before + written) == reference


def test_a_reference_that_is_none_or_more_than_one_names_nothing() -> None:
    one, other = reference_for(TRANSACTION), reference_for("f" * 24)

    assert reference_in("") is None
    assert reference_in("RF18539007547034") is None
    assert reference_in(one[:-1] + ("0" if one[-1] != "0" else "1")) is None
    assert reference_in(f"{one} and {other}") is None
    assert reference_in(f"{one}\n{one}") == one


@pytest.mark.parametrize("amount", AMOUNTS, ids=lambda amount: amount.currency)
def test_amounts_are_read_from_both_resources(amount: Money) -> None:
    value = float(amount.decimal_text())
    incoming = incoming_of({"amount": {"value": value, "currency": amount.currency}, "reference": "x"})
    transfer = transfer_of({"targetValue": value, "targetCurrency": amount.currency, "status": "outgoing_payment_sent"})

    assert (incoming.amount, incoming.has_arrived, incoming.text) == (amount, True, "x")
    assert (transfer.amount, transfer.has_arrived) == (amount, True)


@pytest.mark.parametrize("status", ["processing", "funds_refunded", "charged_back", "something_new", ""])
def test_money_has_arrived_only_where_wise_says_so(status: str) -> None:
    assert not transfer_of({"targetValue": 1, "targetCurrency": "EUR", "status": status}).has_arrived


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"amount": 5},
        {"amount": {"value": 1.001, "currency": "EUR"}},
        {"amount": {"value": -5, "currency": "EUR"}},
        {"amount": {"value": 5, "currency": "XXY"}},
        {"amount": {"value": True, "currency": "EUR"}},
    ],
)
def test_an_amount_that_cannot_be_read_is_no_amount(body: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        incoming_of(body)


async def test_each_currency_has_its_account() -> None:
    async def details(amount: Money) -> Any:
        intent = PaymentIntentRequest(TRANSACTION, ORGANIZATION, amount, "https://pay.example/return")
        made = await WiseConnector().create_payment(ACCOUNT, intent, idempotency_key="k")
        assert made.provider_payment_id == reference_for(TRANSACTION)
        return made.next_action.bank_details

    euro, pounds = await details(Money(1099, "EUR")), await details(Money(1099, "GBP"))

    assert (euro.iban, euro.bic, euro.account_holder) == ("BE68 5390 0754 7034", "TRWIBEB1XXX", "Demo GmbH")
    assert euro.epc_qr.startswith("BCD\n002")
    assert (pounds.iban, pounds.account_number, pounds.routing_code) == ("", "31926819", "60-16-13")
    assert pounds.epc_qr is None
    assert euro.reference == pounds.reference == printed(reference_for(TRANSACTION))
    for currency in ("USD", "PLN"):
        with pytest.raises(ProviderRefused):
            await details(Money(1099, currency))


@pytest.mark.parametrize("accounts", ["{", "[]", '{"EUR": 5}', '{"EUR": {"iban": "BE00"}}'])
async def test_unusable_configuration_is_refused(accounts: str) -> None:
    account = replace(ACCOUNT, public={**ACCOUNT.public, "accounts": accounts})
    intent = PaymentIntentRequest(TRANSACTION, ORGANIZATION, AMOUNTS[0], "https://pay.example/return")

    with pytest.raises(ProviderRefused):
        await WiseConnector().create_payment(account, intent, idempotency_key="k")


def test_an_events_time_has_a_zone() -> None:
    thin_event = read_thin_event(credited(occurred_at="2026-01-15T12:00:00"))
    assert thin_event.occurred_at == datetime(2026, 1, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(("currency", "is_taken"), [("EUR", True), ("GBP", True), ("USD", False), ("SEK", False)])
def test_an_account_takes_the_currencies_that_it_has_details_for(currency: str, is_taken: bool) -> None:
    assert WiseConnector().takes(ACCOUNT, Money(4900, currency)) is is_taken
