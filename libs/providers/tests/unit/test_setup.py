"""Values of accounts: what each provider's declaration accepts, refuses and lets follow."""

from dataclasses import replace

import pytest

from gateway_contracts.errors import Invalid
from gateway_providers.registry import PROVIDERS


def test_provider_set_up_is_tidied_and_sorted_by_who_may_see_it() -> None:
    setup = PROVIDERS["stripe"].check_setup(
        {"publishableKey": " pk_test_1 ", "secretKey": "rk_test_2", "webhookSecret": "whsec_3"},
        livemode=False,
    )
    wire = PROVIDERS["wire"].check_setup(
        {"accountHolder": "A", "iban": "de89 3704 0044 0532 0130 00", "bic": ""}, livemode=True
    )

    assert setup.public == {"publishableKey": "pk_test_1"}
    assert setup.encrypted == {"secretKey": "rk_test_2", "webhookSecret": "whsec_3"}
    assert wire.public == {}
    assert wire.encrypted == {"accountHolder": "A", "iban": "DE89370400440532013000"}
    assert PROVIDERS["wire"].check_setup({"bankName": "B"}, livemode=True, is_complete=False).public == {
        "bankName": "B"
    }


@pytest.mark.parametrize(
    ("provider_type", "values", "field"),
    [
        ("wire", {"accountHolder": "A", "iban": "DE89370400440532013001"}, "iban"),
        ("wire", {"accountHolder": "A", "iban": "DE"}, "iban"),
        ("wire", {"accountHolder": "A", "iban": "DE89370400440532013000", "bic": "X"}, "bic"),
        ("wire", {"accountHolder": " ", "iban": "DE89370400440532013000"}, "accountHolder"),
        ("wire", {"accountHolder": "A" * 513, "iban": "DE89370400440532013000"}, "accountHolder"),
        ("stripe", {"publishableKey": "pk_live_1", "secretKey": "sk_1", "webhookSecret": "whsec_1"}, "publishableKey"),
        ("stripe", {"publishableKey": "sk_test_1", "secretKey": "sk_1", "webhookSecret": "whsec_1"}, "publishableKey"),
        ("stripe", {"accountId": "ca_123"}, "accountId"),
        ("stripe", {"accountId": "acct_"}, "accountId"),
        ("stripe", {"accountId": "acct_1 2"}, "accountId"),
        ("wise", {}, "apiToken"),
        ("wise", {"accounts": "{"}, "accounts"),
        ("wise", {"accounts": "{}"}, "accounts"),
        ("wise", {"accounts": '{"EURO": {"iban": "DE89370400440532013000"}}'}, "accounts"),
        ("wise", {"accounts": '{"EUR": {"iban": "DE89370400440532013001"}}'}, "accounts"),
        ("wise", {"accounts": '{"GBP": {"routingCode": "60-16-13"}}'}, "accounts"),
        ("wise", {"accounts": '{"GBP": {"accountNumber": 1}}'}, "accounts"),
        ("wise", {"profileId": "x"}, "profileId"),
        ("mollie", {}, "apiKey"),
        ("mollie", {"apiKey": "live_x"}, "apiKey"),
        ("gocardless", {"accessToken": "live_x", "webhookSecret": "x"}, "accessToken"),
        ("gocardless", {"accessToken": "sandbox_x", "webhookSecret": "x" * 513}, "webhookSecret"),
        ("paypal", {"clientId": "x", "webhookId": "y"}, "clientSecret"),
    ],
)
def test_wrong_provider_set_up_is_named(provider_type: str, values: dict[str, str | None], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        PROVIDERS[provider_type].check_setup(values, livemode=False)
    assert field in [problem.field for problem in caught.value.details]


FIRST_VALUES: dict[str, dict[str, str | None]] = {
    "stripe": {"publishableKey": "pk_test_1", "secretKey": "sk_test_1"},
    "mollie": {"apiKey": "test_1"},
    "gocardless": {"accessToken": "sandbox_1"},
    "paypal": {"clientId": "x", "clientSecret": "y"},
    "wise": {"apiToken": "x", "profileId": "1", "accountHolder": "A", "accounts": '{"GBP": {"accountNumber": "1"}}'},
    "wire": {"accountHolder": "A", "iban": "DE89370400440532013000"},
}
FOLLOWING = {"stripe": ("webhookSecret",), "gocardless": ("webhookSecret",), "paypal": ("webhookId",)}


@pytest.mark.parametrize("provider_type", sorted(PROVIDERS))
@pytest.mark.parametrize("later", [None, "", " "])
def test_what_a_provider_gives_later_may_follow(provider_type: str, later: str | None) -> None:
    following = FOLLOWING.get(provider_type, ())

    setup = PROVIDERS[provider_type].check_setup(
        FIRST_VALUES[provider_type] | dict.fromkeys(following, later), livemode=False
    )

    present = {*setup.public, *setup.encrypted}
    assert PROVIDERS[provider_type].missing_values(present) == following
    assert PROVIDERS[provider_type].missing_values(present | set(following)) == ()


@pytest.mark.parametrize("provider_type", sorted(FOLLOWING))
def test_what_has_followed_cannot_be_emptied(provider_type: str) -> None:
    [name] = FOLLOWING[provider_type]
    with pytest.raises(Invalid):
        PROVIDERS[provider_type].check_setup({name: ""}, livemode=False, is_complete=False)


@pytest.mark.parametrize("name", ["", "Stripe", "two-words", "a/b", "x" * 33])
def test_a_type_is_a_name_for_addresses_and_variables(name: str) -> None:
    with pytest.raises(ValueError, match="not a type"):
        replace(PROVIDERS["wire"], type=name)
