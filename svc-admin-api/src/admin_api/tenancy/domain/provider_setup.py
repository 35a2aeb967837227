"""Which values each type of provider needs, and what they must look like."""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from gateway_contracts.config import PERSONAL_SETTINGS, STRIPE_ACCOUNT
from gateway_contracts.errors import FieldProblem, Invalid

_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")
VALUE_CHARACTERS_MAX: Final = 512
LONG_CHARACTERS_MAX: Final = 4096
_CURRENCY = re.compile(r"[A-Z]{3}")
_STRIPE_ACCOUNT = re.compile(r"acct_[A-Za-z0-9]{1,60}")
_ACCOUNT_FIELDS: Final = frozenset({"accountHolder", "iban", "accountNumber", "routingCode", "bic", "bankName"})


@dataclass(frozen=True)
class Field:
    """One value of a provider's set-up.

    Attributes:
        may_follow: the provider gives it only when the webhook's address is known, which our record makes.
    """

    is_secret: bool = False
    is_required: bool = True
    may_follow: bool = False
    tidy: Callable[[str], str] = str.strip
    problem: Callable[[str, bool], str | None] = lambda value, livemode: None
    characters_max: int = VALUE_CHARACTERS_MAX


def _without_spaces(text: str) -> str:
    return "".join(text.split()).upper()


def _iban_problem(iban: str, _livemode: bool) -> str | None:
    if not _IBAN.fullmatch(iban):
        return "is not an IBAN"
    digits = "".join(str(int(character, 36)) for character in iban[4:] + iban[:4])
    return None if int(digits) % 97 == 1 else "has a wrong check digit"


def _bic_problem(bic: str, _livemode: bool) -> str | None:
    return None if _BIC.fullmatch(bic) else "is not a BIC"


def _accounts_problem(text: str, livemode: bool) -> str | None:
    """Account details per currency: a JSON object, currency → IBAN, or account number and routing code."""
    try:
        accounts = json.loads(text)
    except ValueError:
        return "is not JSON"
    if not isinstance(accounts, dict) or not accounts:
        return "needs the account of at least one currency"
    for currency, account in accounts.items():
        problem = _account_problem(account, livemode) if _CURRENCY.fullmatch(currency) else "is not a currency"
        if problem:
            return f"{currency}: {problem}"
    return None


def _account_problem(account: object, livemode: bool) -> str | None:
    if not isinstance(account, dict) or not all(isinstance(value, str) for value in account.values()):
        return "is not an object of texts"
    if unknown := account.keys() - _ACCOUNT_FIELDS:
        return f"unknown field {min(unknown)}"
    if account.get("iban"):
        problem = _iban_problem(_without_spaces(account["iban"]), livemode)
        return f"iban {problem}" if problem else None
    return None if account.get("accountNumber") else "needs iban or accountNumber"


def _digits_problem(text: str, _livemode: bool) -> str | None:
    return None if text.isascii() and text.isdigit() else "is a number"


def _stripe_key(*prefixes: str) -> Callable[[str, bool], str | None]:
    def problem(key: str, livemode: bool) -> str | None:
        wrong_mode = "test" if livemode else "live"
        if any(key.startswith(f"{prefix}_{wrong_mode}_") for prefix in prefixes):
            return f"is a {wrong_mode} key, but this provider is for {'live' if livemode else 'test'} payments"
        if not any(key.startswith(f"{prefix}_") for prefix in prefixes):
            return f"must begin with {' or '.join(prefix + '_' for prefix in prefixes)}"
        return None

    return problem


def _webhook_secret_problem(secret: str, _livemode: bool) -> str | None:
    return None if secret.startswith("whsec_") and len(secret) > len("whsec_") else "must begin with whsec_"


def _stripe_account_problem(account: str, _livemode: bool) -> str | None:
    return None if _STRIPE_ACCOUNT.fullmatch(account) else "must be acct_ and letters and digits"


def _of_mode(test: str, live: str) -> Callable[[str, bool], str | None]:
    """Credentials that say in their first letters for which mode they are."""

    def problem(text: str, livemode: bool) -> str | None:
        if text.startswith(test if livemode else live):
            wrong, right = ("test", "live") if livemode else ("live", "test")
            return f"is for {wrong} payments, but this provider is for {right} ones"
        return None

    return problem


SETUP: Final[Mapping[str, Mapping[str, Field]]] = {
    "stripe": {
        "publishableKey": Field(problem=_stripe_key("pk")),
        "secretKey": Field(is_secret=True, problem=_stripe_key("sk", "rk")),
        "webhookSecret": Field(is_secret=True, may_follow=True, problem=_webhook_secret_problem),
        STRIPE_ACCOUNT: Field(is_required=False, problem=_stripe_account_problem),
    },
    "mollie": {
        "apiKey": Field(is_secret=True, problem=_of_mode("test_", "live_")),
        "profileId": Field(is_required=False),
        "webhookSecret": Field(is_secret=True, is_required=False),
    },
    "gocardless": {
        "accessToken": Field(is_secret=True, problem=_of_mode("sandbox_", "live_")),
        "webhookSecret": Field(is_secret=True, may_follow=True),
    },
    "paypal": {
        "clientId": Field(),
        "clientSecret": Field(is_secret=True),
        "webhookId": Field(is_secret=True, may_follow=True),
    },
    "wise": {
        "apiToken": Field(is_secret=True),
        "profileId": Field(problem=_digits_problem),
        "accountHolder": Field(),
        "accounts": Field(problem=_accounts_problem, characters_max=LONG_CHARACTERS_MAX),
        "webhookPublicKey": Field(is_secret=True, is_required=False, characters_max=LONG_CHARACTERS_MAX),
    },
    "wire": {
        "accountHolder": Field(),
        "iban": Field(tidy=_without_spaces, problem=_iban_problem),
        "bic": Field(is_required=False, tidy=_without_spaces, problem=_bic_problem),
        "bankName": Field(is_required=False),
        "instructions": Field(is_required=False),
    },
}
"""Fields by provider type. Only a type that has a connector can be set up."""


@dataclass(frozen=True)
class Setup:
    """Values of a provider, sorted by how they are kept: in clear, or encrypted (credentials and personal data)."""

    public: dict[str, str]
    secrets: dict[str, str]


def checked_setup(
    provider_type: str, values: Mapping[str, str | None], *, livemode: bool, is_complete: bool = True
) -> Setup:
    """The given values, tidied.

    Args:
        is_complete: whether every required field that cannot follow must be there (a whole provider) or only changes
            are given; None then clears a value that is not required.

    Raises:
        Invalid: type without connector, a field of another type, a missing or malformed value.
    """
    fields = SETUP.get(provider_type)
    if fields is None:
        raise Invalid.field("type", f"there is no connector for {provider_type} yet", code="PROVIDER_TYPE_UNSUPPORTED")
    given = {name: value for name, value in values.items() if value is not None}
    problems = [FieldProblem(name, f"unknown field for {provider_type}") for name in given if name not in fields]
    tidy = {name: fields[name].tidy(value) for name, value in given.items() if name in fields}
    for name, field in fields.items():
        if not is_complete and field.is_required and name in values.keys() - given.keys():
            problems.append(FieldProblem(name, "cannot be cleared"))
        if problem := _value_problem(field, tidy.get(name), livemode=livemode, is_complete=is_complete):
            problems.append(FieldProblem(name, problem))
    if problems:
        raise Invalid("; ".join(f"{item.field}: {item.message}" for item in problems), details=problems)
    return Setup(
        public={name: value for name, value in tidy.items() if value and not _is_sealed(name, fields)},
        secrets={name: value for name, value in tidy.items() if value and _is_sealed(name, fields)},
    )


def missing_values(provider_type: str, present: Collection[str]) -> tuple[str, ...]:
    """Names of required values that are still to follow."""
    fields = SETUP.get(provider_type, {})
    return tuple(name for name, field in fields.items() if field.is_required and name not in present)


def _is_sealed(name: str, fields: Mapping[str, Field]) -> bool:
    return fields[name].is_secret or name in PERSONAL_SETTINGS


def _value_problem(field: Field, value: str | None, *, livemode: bool, is_complete: bool) -> str | None:
    if not value and is_complete and field.may_follow:
        return None
    if value is None:
        return "is required" if is_complete and field.is_required else None
    if not value:
        return "must not be empty" if field.is_required else None
    if len(value) > field.characters_max:
        return f"must be at most {field.characters_max} characters"
    return field.problem(value, livemode)
