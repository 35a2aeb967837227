"""Redaction: nothing is kept in clear that is not on an allow list, whatever a provider sends."""

import json
from collections.abc import Mapping
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_providers.gocardless.http import GoCardlessHttp
from gateway_providers.http import ProviderHttp
from gateway_providers.mollie.http import MollieHttp
from gateway_providers.paypal.http import PayPalHttp
from gateway_providers.redaction import BYTES_MAX, MARKERS, Shown, form_as_object, redacted_json, redacted_path
from gateway_providers.stripe.http import StripeHttp
from gateway_providers.wise.http import WiseHttp

PROVIDERS: Final[tuple[type[ProviderHttp], ...]] = (StripeHttp, MollieHttp, GoCardlessHttp, PayPalHttp, WiseHttp)
CANARY: Final = "canary"
# Fields of persons, cards, accounts and credentials, in the words of the providers.
SECRET_NAMES: Final = (
    "name",
    "given_name",
    "family_name",
    "email",
    "email_address",
    "phone",
    "line1",
    "address_line_1",
    "postal_code",
    "iban",
    "account_number",
    "account_holder_name",
    "number",
    "cvc",
    "last4",
    "exp_month",
    "client_secret",
    "access_token",
    "session_token",
    "authorisation_url",
    "href",
    "redirectUrl",
    "webhookUrl",
    "return_url",
    "receipt_email",
    "description",
    "message",
    "detail",
    "payment_method",
    "payer",
    "customer",
    "fingerprint",
    "consumerName",
    "consumerAccount",
    "statement_descriptor",
)


def known(shown: Shown) -> Shown:
    return shown | MARKERS


def listed(shown: Shown) -> set[str]:
    """Names that are listed, wherever they count."""
    return {name.rpartition(".")[2] for name in known(shown).values}


@st.composite
def bodies(draw: st.DrawFn, shown: Shown) -> Any:
    """Objects with names of the list, of secrets and of anything; each text is a canary."""
    names = st.sampled_from(sorted(listed(shown) | known(shown).objects)) | st.sampled_from(SECRET_NAMES)
    texts = st.integers(0, 10**6).map(lambda number: f"{CANARY}{number}")
    leaves = texts | st.integers(10**6, 10**20) | st.booleans() | st.none() | st.floats()
    inner = st.recursive(
        leaves,
        lambda part: st.lists(part, max_size=5) | st.dictionaries(names | st.text(max_size=50), part, max_size=6),
        max_leaves=30,
    )
    return draw(inner)


def canaries_in_clear(made: object, shown: Shown, within: str = "") -> set[str]:
    """Names whose text was kept."""
    if isinstance(made, Mapping):
        return {found for name, value in made.items() for found in canaries_in_clear(value, shown, name)}
    if isinstance(made, list):
        return {found for value in made for found in canaries_in_clear(value, shown, within)}
    return {within} if isinstance(made, str) and CANARY in made else set()


@pytest.mark.parametrize("http", PROVIDERS, ids=lambda http: http.name)
@given(data=st.data())
def test_only_listed_names_keep_their_values(http: type[ProviderHttp], data: st.DataObject) -> None:
    body = data.draw(bodies(http.shown))
    text = redacted_json(body, http.shown)
    made = json.loads(text)
    assert canaries_in_clear(made, http.shown) <= listed(http.shown)
    assert len(text.encode()) <= BYTES_MAX
    assert text.isascii()


@pytest.mark.parametrize("http", PROVIDERS, ids=lambda http: http.name)
def test_no_list_has_a_field_of_a_person_a_card_or_a_credential(http: type[ProviderHttp]) -> None:
    assert not listed(http.shown) & set(SECRET_NAMES)
    assert not http.shown.objects & set(SECRET_NAMES)
    secret = {name: f"{CANARY}{number}" for number, name in enumerate(SECRET_NAMES)}
    nested = {name: secret for name in (*http.shown.objects, "metadata")} | secret
    assert CANARY not in redacted_json(nested, http.shown)


@pytest.mark.parametrize(
    "value",
    [
        "4242424242424242",
        4242424242424242,
        "4242-4242-4242-4242",
        "DE89370400440532013000",
        "GB33BUKB20201555555555",
        "ada@example.com",
        "Ada Lovelace",
        "https://pay.example/x?token=abc",
        "x" * 81,
        "Bäcker",
    ],
)
def test_what_is_no_plain_value_is_not_kept_under_a_listed_name(value: object) -> None:
    assert json.loads(redacted_json({"id": value}, Shown.of("id")))["id"] in ("<text>", "<number>")


def test_a_name_may_count_within_one_object_alone() -> None:
    shown = Shown.of("amount.value issue", "amount details")
    body = {"amount": {"value": "10.00"}, "details": [{"issue": "WRONG", "value": "Ada"}], "value": "Ada"}
    assert json.loads(redacted_json(body, shown)) == {
        "amount": {"value": "10.00"},
        "details": [{"issue": "WRONG", "value": "<text>"}],
        "value": "<text>",
    }


def test_names_that_merchants_write_are_not_kept() -> None:
    body = {"metadata": {"ada": "1", "gatewayTransactionId": "t1"}, "ada@example.com": 1}
    assert json.loads(redacted_json(body, Shown())) == {
        "metadata": {"gatewayTransactionId": "t1", "…": "<1 more>"},
        "…": "<1 more>",
    }


def test_structure_and_types_remain() -> None:
    body = {
        "id": "pi_1",
        "amount": 4900,
        "card": {"last4": "4242"},
        "notes": ["a", "b"],
        "big": 1.5,
        "is_new": True,
        "gone": None,
        "data": [{"id": "re_1", "reason": "x y"}, {"id": "re_2"}, {"id": "re_3"}, {"id": "re_4"}],
    }
    assert json.loads(redacted_json(body, Shown.of("id amount reason", "data"))) == {
        "id": "pi_1",
        "amount": 4900,
        "card": "<object>",
        "notes": "<list of 2>",
        "big": "<number>",
        "is_new": "<boolean>",
        "gone": None,
        "data": [{"id": "re_1", "reason": "<text>"}, {"id": "re_2"}, {"id": "re_3"}, "<1 more>"],
    }


def test_a_form_is_the_object_that_it_stands_for() -> None:
    form = {"amount": "1", "metadata[gatewayTransactionId]": "t1", "expand[0]": "latest_charge", "amount[x]": "2"}
    assert form_as_object(form) == {
        "amount": "2",
        "metadata": {"gatewayTransactionId": "t1"},
        "expand": {"0": "latest_charge"},
    }


def test_a_path_keeps_plain_parts_alone() -> None:
    assert redacted_path("/v1/refunds/re_1?email=ada@example.com") == "/v1/refunds/re_1"
    assert redacted_path("/v1/customers/ada%40example.com/4242424242424242") == "/v1/customers/<text>/<text>"


def test_depth_and_length_are_bounded() -> None:
    deep: Any = "x"
    for _ in range(500):
        deep = {"data": [deep]}
    assert len(redacted_json(deep, Shown.of("id", "data"))) < BYTES_MAX
    wide = {f"name_{number}": "text" for number in range(10_000)}
    made = json.loads(redacted_json(wide, Shown()))
    assert made["…"] == f"<{10_000 - len(made) + 1} more>"
