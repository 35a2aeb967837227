"""Fields of forms: from texts to what the API takes, and back."""

from typing import Any

import pytest

from admin_api.console.forms.fields import Field, Unfit, body_of, described, place_errors, start_of, texts_of

CITY = Field("companyAddress.city", "City", is_required=False)
COUNTRY = Field("companyAddress.country", "Country", is_required=False)
SCOPES = Field("scopes", "Scopes", "choices", choices=("site:read", "site:update"))
NETWORKS = Field("ipAllowList", "Addresses", "lines", is_required=False)
TOKEN = Field("credentials.token", "Token", "secret", is_required=False)
HOURS = Field("overlapHours", "Hours", "number", start="24")
UNTIL = Field("expiresAt", "Expires", "moment", is_required=False)
LIVE = Field("livemode", "Live", "flag", is_required=False)
ACCOUNTS = Field("accounts", "Accounts", "json", source="settings.accounts")


def body(*fields: Field, clears: bool = False, filled: dict[str, str] | None = None) -> dict[str, Any]:
    return body_of(fields, filled or {}, {}, clears=clears)


def test_a_dot_leads_into_an_object() -> None:
    assert body(CITY, COUNTRY, filled={"companyAddress.city": " Köln "}) == {"companyAddress": {"city": "Köln"}}


def test_an_empty_field_is_left_out_or_clears() -> None:
    assert body(CITY, NETWORKS) == {}
    cleared = {"companyAddress": {"city": None, "country": None}, "ipAllowList": None}
    assert body(CITY, COUNTRY, NETWORKS, clears=True) == cleared


def test_an_empty_secret_stays_as_it_is() -> None:
    assert body(TOKEN, clears=True) == {}
    assert body(TOKEN, clears=True, filled={"credentials.token": "s.1"}) == {"credentials": {"token": "s.1"}}


def test_choices_lines_numbers_moments_and_flags() -> None:
    chosen = {"scopes[site:update]": "on", "scopes[site:delete]": "on"}
    assert body(SCOPES, filled=chosen) == {"scopes": ["site:update"]}
    assert body(NETWORKS, filled={"ipAllowList": "203.0.113.1\r\n\r\n 2001:db8::/32 "}) == {
        "ipAllowList": ["203.0.113.1", "2001:db8::/32"]
    }
    assert body(HOURS, filled={"overlapHours": "12"}) == {"overlapHours": 12}
    assert body(UNTIL, filled={"expiresAt": "2030-01-31T12:00"}) == {"expiresAt": "2030-01-31T12:00:00Z"}
    assert (body(LIVE), body(LIVE, filled={"livemode": "on"})) == ({"livemode": False}, {"livemode": True})


@pytest.mark.parametrize(("field", "text"), [(HOURS, ""), (HOURS, "1.5"), (HOURS, "٣"), (SCOPES, "")])
def test_a_text_that_cannot_be_read_names_its_field(field: Field, text: str) -> None:
    with pytest.raises(Unfit) as caught:
        body(field, filled={field.name: text})
    assert caught.value.field == field.name


@pytest.mark.parametrize("text", ["{", "[]", "1", "[" * 100_000], ids=["cut", "list", "number", "deep"])
def test_a_json_field_takes_an_object(text: str) -> None:
    assert body(ACCOUNTS, filled={"accounts": '{"EUR": {}}'}) == {"accounts": {"EUR": {}}}
    with pytest.raises(Unfit):
        body(ACCOUNTS, filled={"accounts": text})


def test_a_present_value_may_be_elsewhere() -> None:
    assert texts_of([ACCOUNTS], {"settings": {"accounts": "{}"}}) == {"accounts": "{}"}


def test_values_are_described_by_their_words() -> None:
    format_ = Field("format", "Format", "choice", ("minor",), words={"minor": "Smallest unit"})
    row = {"format": "minor", "livemode": True, "scopes": ["site:read"], "companyAddress": {"city": None}}
    assert described([format_, LIVE, SCOPES, CITY], row) == [
        ("Format", [("Smallest unit", True)]),
        ("Live", [("Yes", True)]),
        ("Scopes", [("site:read", False)]),
    ]


def test_present_values_come_back_as_they_were() -> None:
    row = {
        "companyAddress": {"city": "Köln"},
        "scopes": ["site:read"],
        "ipAllowList": ["203.0.113.1", "203.0.113.2"],
        "overlapHours": 3,
        "expiresAt": "2030-01-31T12:00:30Z",
        "livemode": True,
        "credentials": {"token": "never shown"},
    }
    fields = (CITY, COUNTRY, SCOPES, NETWORKS, HOURS, UNTIL, LIVE, TOKEN)
    filled = texts_of(fields, row)
    assert "never shown" not in str(filled)
    kept = {name: value for name, value in row.items() if name != "credentials"}
    assert body_of(fields, filled, row, clears=False) == kept
    assert texts_of((UNTIL,), {"expiresAt": "2030-01-31T12:00:00Z"}) == {"expiresAt": "2030-01-31T12:00"}
    assert texts_of((CITY,), {"companyAddress": None}) == {}
    assert start_of((HOURS, CITY)) == {"overlapHours": "24"}


def test_errors_of_parts_stand_at_their_field() -> None:
    errors = {
        "scopes[1]": "unknown",
        "scopes[2]": "unknown too",
        "companyAddress.city": "too long",
        "role": "odd",
        "": "no",
    }
    assert place_errors((SCOPES, CITY), errors) == (
        {"scopes": "unknown", "companyAddress.city": "too long"},
        "role: odd; no",
    )
