"""Accounts at payment providers."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from admin_api.console.forms.fields import Field, Row
from admin_api.console.forms.form import Form
from admin_api.console.forms.pages import ObjectPage
from admin_api.console.forms.provider_fields import new_fields, present_fields
from admin_api.console.listing import Column
from admin_api.console.translations import N_
from gateway_providers.provider import Provider
from gateway_providers.registry import PROVIDERS

_PROVIDER: Final = "/providers/{provider_id}"
_LABEL: Final = Field("label", N_("Label"), hint=N_("Customers see it where several ways to pay are offered."))
_ENABLED: Final = Field("enabled", N_("Enabled"), "flag", is_required=False, start="on")

NEW: Final = Form("new", N_("New provider"), "/providers")
TEST: Final = Form(
    "test",
    N_("Test the connection"),
    _PROVIDER + "/test",
    N_("Asks the provider about the keys and the webhook. Changes nothing there."),
)
"""Its answer is shown on the page."""


def _creates(provider: Provider) -> Form:
    return replace(
        NEW,
        warning=N_(
            "Keys are encrypted and never shown again. What the provider gives for the webhook's address may follow."
        ),
        fields=(_LABEL, *new_fields(provider), _ENABLED),
        fixed=(("type", provider.type),),
    )


def _changes(provider: Provider) -> Form:
    def is_of_type(row: Row) -> bool:
        return bool(row["type"] == provider.type)

    return Form(
        f"edit-{provider.type}",
        N_("Change"),
        _PROVIDER,
        N_("A key that is left empty stays as it is."),
        (_LABEL, *present_fields(provider)),
        verb="PATCH",
        when=is_of_type,
    )


CREATES: Final[Mapping[str, Form]] = {name: _creates(provider) for name, provider in PROVIDERS.items()}
"""The form of a new account, by type."""

PROVIDER_PAGE: Final = ObjectPage(
    "providers",
    N_("Provider"),
    _PROVIDER,
    name="label",
    facts=(
        Column("type", N_("Type")),
        Column("state", N_("Set-up"), "state"),
        Column("enabled", N_("Enabled"), "state"),
        Column("livemode", N_("Live mode"), "state"),
        Column("createdAt", N_("Created"), "moment"),
        Column("updatedAt", N_("Changed"), "moment"),
        Column("id", N_("Id"), "code"),
    ),
    creates=NEW,
    forms=(
        TEST,
        Form(
            "register",
            N_("Register the webhook"),
            _PROVIDER + "/register-webhook",
            N_("Tells the provider our address, and keeps the secret that it gives for it. It may be repeated."),
            when=lambda row: bool(row["canRegisterWebhook"]),
        ),
        *(_changes(provider) for provider in PROVIDERS.values()),
        Form(
            "disable",
            N_("Disable"),
            _PROVIDER + "/toggle",
            N_("It is not offered to customers any more. Payments that are under way go on."),
            when=lambda row: bool(row["enabled"]),
            fixed=(("enabled", False),),
        ),
        Form(
            "enable",
            N_("Enable"),
            _PROVIDER + "/toggle",
            N_("It is offered to customers of the sites that have it."),
            when=lambda row: not row["enabled"],
            fixed=(("enabled", True),),
        ),
        Form(
            "delete",
            N_("Delete"),
            _PROVIDER,
            N_("The keys are removed. Payments made with it cannot be refunded here any more. This cannot be undone."),
            verb="DELETE",
            is_final=True,
        ),
    ),
    template="provider.html",
)
