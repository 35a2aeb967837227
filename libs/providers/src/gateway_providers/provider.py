"""The declaration of a provider: everything that the gateway knows about one type."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from gateway_contracts.payment_family import PaymentFamily
from gateway_providers.card_fields import CardFields
from gateway_providers.events import Webhooks
from gateway_providers.ports import Connector
from gateway_providers.setup import Setup, SetupFields, check_setup, missing_values

_TYPE: Final = re.compile(r"[a-z0-9_]{1,32}")


@dataclass(frozen=True, kw_only=True)
class Provider:
    """One type of provider.

    Attributes:
        type: its name in the API, in addresses, in stored records and in names of variables.
        setup: values of an account, by public name.
        connect: makes its connector; the argument is the base URL of its interface, None for its public one.
        webhooks: None for a provider that sends none.
        registers_webhooks: whether our address is registered by a call; its connector is `Registering` then.
        family: how a customer pays, until the provider names the method.
        card_fields: card fields on the checkout page; None where the customer pays elsewhere.
        account_setting: the setup value that names the connected account whose events count. Events that name another
            account are ignored; None for a provider whose events name none.

    Raises:
        ValueError: the type is not made of at most 32 lower-case letters, digits and underscores.
    """

    type: str
    setup: SetupFields
    connect: Callable[[str | None], Connector]
    family: PaymentFamily
    webhooks: Webhooks | None = None
    registers_webhooks: bool = False
    card_fields: CardFields | None = None
    account_setting: str | None = None

    def __post_init__(self) -> None:
        if not _TYPE.fullmatch(self.type):
            raise ValueError(f"not a type of provider: {self.type}")

    @property
    def signing_secret(self) -> str | None:
        """The setup value that verifies webhooks; two are valid while it is replaced."""
        return self.webhooks.secret_name if self.webhooks else None

    @property
    def personal_settings(self) -> frozenset[str]:
        """Setup values that are shown, yet stored encrypted."""
        return frozenset(name for name, field in self.setup.items() if field.is_personal)

    def check_setup(
        self,
        values: Mapping[str, str | None],
        *,
        livemode: bool,
        is_complete: bool = True,
        stored: Collection[str] = (),
    ) -> Setup:
        """The values of an account, normalized and checked.

        Raises:
            Invalid: see `gateway_providers.setup.check_setup`.
        """
        return check_setup(self.type, self.setup, values, livemode=livemode, is_complete=is_complete, stored=stored)

    def missing_values(self, present: Collection[str]) -> tuple[str, ...]:
        """Names of required setup values that are still to follow."""
        return missing_values(self.setup, present)
