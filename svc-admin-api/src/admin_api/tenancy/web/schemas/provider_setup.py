"""Fields of providers in requests, made from the declarations in `gateway_providers`."""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints, create_model
from pydantic.alias_generators import to_snake

from gateway_contracts.bodies import Part
from gateway_contracts.body_shapes import WRITE_ONLY
from gateway_providers.provider import Provider
from gateway_providers.registry import PROVIDERS
from gateway_providers.setup import LONG_CHARACTERS_MAX, SetupField

CURRENCIES_MAX: Final = 50
_AccountFields = Annotated[
    dict[Annotated[str, StringConstraints(max_length=40)], Annotated[str, StringConstraints(max_length=200)]],
    Field(max_length=10),
]
_Accounts = Annotated[
    dict[Annotated[str, StringConstraints(max_length=3)], _AccountFields], Field(max_length=CURRENCIES_MAX)
]


_Settings = Annotated[
    dict[
        Annotated[str, StringConstraints(max_length=40)],
        Annotated[str, StringConstraints(max_length=LONG_CHARACTERS_MAX)],
    ],
    Field(max_length=10, description="As GET shows them. The same field beside it wins."),
]


class _SetupValues(Part):
    """Values of an account at a payment provider. Which fields apply depends on the type."""

    def values(self) -> dict[str, str | None]:
        """The given values by their public names; None for those that are cleared."""
        given = self.model_dump(by_alias=True, include=set(ProviderSetup.model_fields), exclude_unset=True)
        return {
            name: value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for name, value in given.items()
        }


class _ChangedValues(_SetupValues):
    """Values of an account, as far as they change."""

    settings: _Settings | None = None

    def values(self) -> dict[str, str | None]:
        return {**(self.settings or {}), **super().values()}


def _fields(providers: Iterable[Provider], *, keeps_secrets: bool) -> Iterator[tuple[str, Any]]:
    """Every field that a provider declares, once. Providers that share a name share its shape."""
    declared = [(name, provider.type, field) for provider in providers for name, field in provider.setup.items()]
    declared.sort(key=lambda item: item[0])
    for name, uses in groupby(declared, key=lambda item: item[0]):
        of_types = [(provider_type, field) for _, provider_type, field in uses]
        text = " ".join(f"{provider_type}: {field.description}." for provider_type, field in of_types)
        kind = _kind([field for _, field in of_types]) | None
        if keeps_secrets and all(field.is_secret for _, field in of_types):
            kind = Annotated[kind, WRITE_ONLY]
        yield to_snake(name), (kind, Field(None, description=text))


def _kind(fields: list[SetupField]) -> Any:
    shapes = {field.shape for field in fields}
    assert len(shapes) == 1, "providers declare one name in different shapes"
    if shapes == {"accounts"}:
        return _Accounts
    return Annotated[str, StringConstraints(max_length=max(field.characters_max for field in fields))]


if TYPE_CHECKING:
    ProviderType = str
    ProviderSetup = _SetupValues
    ProviderChange = _ChangedValues
else:
    ProviderType = Literal[tuple(PROVIDERS)]
    _made, _kept = (dict(_fields(PROVIDERS.values(), keeps_secrets=keeps)) for keeps in (False, True))
    ProviderSetup = create_model("ProviderSetup", __base__=_SetupValues, __doc__=_SetupValues.__doc__, **_made)
    ProviderChange = create_model("ProviderChange", __base__=_ChangedValues, __doc__=_ChangedValues.__doc__, **_kept)
