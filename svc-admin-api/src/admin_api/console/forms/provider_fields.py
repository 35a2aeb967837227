"""Fields of an account at a provider, made from what its plug-in declares."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from admin_api.console.forms.fields import Field, Kind
from admin_api.console.translations import N_
from gateway_providers.provider import Provider

_CAPITAL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
TEXTS: Final = (
    N_("Access token"),
    N_("Account holder"),
    N_("Account id"),
    N_("Accounts"),
    N_("Api key"),
    N_("Api token"),
    N_("Bank name"),
    N_("BIC"),
    N_("Client id"),
    N_("Client secret"),
    N_("IBAN"),
    N_("Instructions"),
    N_("Profile id"),
    N_("Publishable key"),
    N_("Secret key"),
    N_("Webhook id"),
    N_("Webhook public key"),
    N_("Webhook secret"),
    N_("BIC of the bank"),
    N_("PEM, where another key than the published one signs webhooks (a simulator)"),
    N_("a token that may read"),
    N_("acct_…, where events name a connected account; events that name another are ignored"),
    N_("id of the REST application"),
    N_("id of the registered webhook; may follow"),
    N_("key for the browser, pk_…"),
    N_("test_… or live_…"),
    N_("name of the bank"),
    N_("number of the profile"),
    N_("owner of the account"),
    N_("owner of the accounts"),
    N_("pfl_…"),
    N_("sandbox_… or live_…"),
    N_("secret of the REST application"),
    N_("shown with the bank details"),
    N_("signs next-generation webhooks only"),
    N_("signs webhooks; may follow"),
    N_("sk_… or rk_…"),
    N_("the account"),
    N_("whsec_…, signs webhooks; may follow"),
)
"""Names and descriptions of the built-in providers' fields, for translation. A field without one appears in English."""
_ACCOUNTS: Final = N_(
    'By currency, as JSON: {"EUR": {"iban": "BE68…", "bic": "TRWI…"}}; or accountNumber and routingCode.'
)
_SHORT: Final = frozenset({"iban", "bic"})


def title_of(name: str) -> str:
    """A public name as a person reads it: ``secretKey`` is "Secret key"."""
    if name in _SHORT:
        return name.upper()
    words = _CAPITAL.sub(" ", name).lower()
    return words[:1].upper() + words[1:]


def new_fields(provider: Provider) -> tuple[Field, ...]:
    """Fields of a new account."""
    return tuple(_fields(provider))


def present_fields(provider: Provider) -> tuple[Field, ...]:
    """Fields of an account that exists. A credential that is left empty stays."""
    fields = [replace(field, source=f"settings.{field.name}") for field in _fields(provider)]
    if provider.signing_secret and provider.setup[provider.signing_secret].is_secret:
        fields.append(
            Field(
                "keepPreviousWebhookSecret",
                N_("Accept webhooks with the present secret too"),
                "flag",
                is_required=False,
                hint=N_("If you enter another secret of webhooks."),
            )
        )
    return tuple(fields)


def _fields(provider: Provider) -> Iterator[Field]:
    for name, declared in provider.setup.items():
        kind: Kind = "secret" if declared.is_secret else "json" if declared.shape == "accounts" else "text"
        yield Field(
            name,
            title_of(name),
            kind,
            is_required=declared.is_required and not declared.may_follow,
            hint=_ACCOUNTS if kind == "json" else declared.description,
            length_max=declared.characters_max,
        )
