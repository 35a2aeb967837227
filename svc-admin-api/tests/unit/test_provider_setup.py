"""Requests about providers follow the declarations in `gateway_providers`."""

from typing import get_args

import pytest
from pydantic import ValidationError

from admin_api.tenancy.web.schemas import provider_setup
from admin_api.tenancy.web.schemas.tenancy import ProviderIn, ProviderPatch, ProviderPut
from gateway_providers.registry import PROVIDERS

DECLARED = {name for provider in PROVIDERS.values() for name in provider.setup}


@pytest.mark.parametrize("body", [ProviderIn, ProviderPut, ProviderPatch])
def test_bodies_have_the_declared_fields_and_no_others(body: type[ProviderIn]) -> None:
    own = {"type", "label", "livemode", "enabled", "keepPreviousWebhookSecret", "settings"}

    assert {field.alias for field in body.model_fields.values()} - own == DECLARED


def test_every_declared_type_can_be_named_and_no_other() -> None:
    assert get_args(provider_setup.ProviderType) == tuple(PROVIDERS)
    with pytest.raises(ValidationError):
        ProviderIn.model_validate({"type": "unknown", "label": "A"})


def test_descriptions_name_the_types_that_have_a_field() -> None:
    described = ProviderIn.model_json_schema(by_alias=True)["properties"]

    for provider in PROVIDERS.values():
        for name, field in provider.setup.items():
            assert f"{provider.type}: {field.description}" in described[name]["description"]
