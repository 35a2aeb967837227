"""Clients: what is sent and answered. Personal values travel as ``{"plaintext": …}``; plain texts are read too."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

from admin_api.payments.domain.client import Client
from admin_api.payments.use_cases.describe_client import ClientProfile
from admin_api.shared.web.schemas.base import ListView, View
from gateway_contracts.bodies import Body, ChangeBody, Part, Warnings
from gateway_contracts.events.transaction import Party
from gateway_contracts.fields import Country, Email, Line
from gateway_contracts.limits import LINE_CHARACTERS_MAX
from gateway_contracts.rules import broken
from gateway_contracts.texts import EMAIL_CHARACTERS_MAX


def _plaintext(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) != {"plaintext"}:
            raise broken("plaintext_invalid", 'must be {"plaintext": …}')
        value = value["plaintext"]
    return value


_Text = Annotated[str, StringConstraints(max_length=LINE_CHARACTERS_MAX)]
_EmailText = Annotated[
    str, StringConstraints(max_length=EMAIL_CHARACTERS_MAX), Field(json_schema_extra={"format": "email"})
]


class SealedIn(Part, extra="ignore"):
    """A value that is kept encrypted."""

    plaintext: _Text = Field(description="The value in clear.")


class SealedEmailIn(Part, extra="ignore"):
    """An e-mail address that is kept encrypted."""

    plaintext: _EmailText = Field(description="The e-mail address in clear.")


Sealed = Annotated[
    Line | None,
    BeforeValidator(_plaintext, json_schema_input_type=SealedIn | _Text | None),
    Field(examples=[{"plaintext": "Jane Doe"}]),
]
SealedEmail = Annotated[
    Email | None,
    BeforeValidator(_plaintext, json_schema_input_type=SealedEmailIn | _EmailText | None),
    Field(examples=[{"plaintext": "jane@example.com"}]),
]
Scheme = Annotated[str, StringConstraints(max_length=4, pattern=r"^[0-9]{4}$")]


class PeppolIn(Part, extra="ignore"):
    """An address in the Peppol network."""

    scheme_id: Scheme = Field(description="EAS scheme: 9930 (German VAT), 0088 (GLN), 0204 (Leitweg-ID) …")
    value: Sealed = Field(description="The address within the scheme.")


class TaxInfoIn(Part, extra="ignore"):
    """Tax data of the client, for invoices."""

    tax_id: Sealed = Field(None, description="Tax id, such as a VAT id.", examples=[{"plaintext": "DE123456789"}])
    tax_id_type: Annotated[str, StringConstraints(max_length=20, pattern=r"^[a-z_]{1,20}$")] | None = Field(
        None, description="Kind of the tax id; vat unless given."
    )
    tax_country: Country | None = Field(None, description="Country of the tax id.")
    peppol_routing_address: PeppolIn | None = Field(
        None, description="Address in the Peppol network that e-invoices are sent to."
    )


class ClientAddressIn(Part, extra="ignore"):
    """Postal address of a client."""

    line1: Sealed = Field(None, description="Street and number.", examples=[{"plaintext": "Main Street 1"}])
    line2: Sealed = Field(None, description="More of the address.")
    city: Sealed = Field(None, description="City of the address.")
    postal_code: Sealed = Field(None, description="Postal code of the address.", examples=[{"plaintext": "10115"}])
    state: Sealed = Field(None, description="State or province.")
    country: Country | None = Field(None, description="Country code of ISO 3166-1 (alpha-2).")


class ClientFacts(Part, extra="ignore"):
    """Stored data of a client."""

    email: SealedEmail = Field(None, description="E-mail address; unique among the clients of a mode.")
    name: Sealed = Field(None, description="Name of the person.")
    company: Sealed = Field(None, description="Name of the company.")
    phone: Sealed = Field(
        None, description="Telephone number of the client.", examples=[{"plaintext": "+49 30 1234567"}]
    )
    address: ClientAddressIn | None = Field(None, description="Postal address of the client.")
    tax_info: TaxInfoIn | None = Field(None, description="Tax data of the client, for invoices.")

    def party_changes(self) -> dict[str, Any]:
        """Given facts of the party by their internal names."""
        given = {name: getattr(self, name) for name in _PERSON & self.model_fields_set}
        if "address" in self.model_fields_set:
            address = self.address or ClientAddressIn.model_construct(_fields_set=set(_ADDRESS))
            given |= {_ADDRESS[name]: getattr(address, name, None) for name in address.model_fields_set}
        if "tax_info" in self.model_fields_set:
            tax = self.tax_info
            if tax is None or "tax_id" in tax.model_fields_set:
                given["vat_id"] = None if tax is None else tax.tax_id
        return given

    def tax_changes(self) -> dict[str, Any]:
        """Given facts of the tax block beside the tax id, as they are kept."""
        if "tax_info" not in self.model_fields_set:
            return {}
        if self.tax_info is None:
            return dict.fromkeys(("taxIdType", "taxCountry", "peppolRoutingAddress"))
        return self.tax_info.model_dump(by_alias=True, exclude_unset=True, exclude={"tax_id"})


class ClientIn(ClientFacts, Body, extra="ignore"):
    """A client."""

    def profile(self) -> ClientProfile:
        """All of it."""
        tax = {name: value for name, value in self.tax_changes().items() if value is not None}
        return ClientProfile(Party(**self.party_changes()), tax)


class ClientPatch(ClientFacts, ChangeBody, extra="ignore"):
    """Changes of a client. Objects are changed field by field; null for one clears all of it."""


_PERSON = {"email", "name", "company", "phone"}
_ADDRESS = {
    "line1": "address1",
    "line2": "address2",
    "city": "city",
    "postal_code": "postcode",
    "state": "state",
    "country": "country",
}


class PlaintextView(View):
    """A value that is kept encrypted."""

    plaintext: str = Field(description="The value in clear.")


class ClientAddressView(View):
    """Postal address of a client."""

    line1: PlaintextView | None = Field(description="Street and number.")
    line2: PlaintextView | None = Field(description="More of the address.")
    city: PlaintextView | None = Field(description="City of the address.")
    postal_code: PlaintextView | None = Field(description="Postal code of the address.")
    state: PlaintextView | None = Field(description="State or province.")
    country: str | None = Field(description="Country code of ISO 3166-1 (alpha-2); null where it is not known.")


class ClientView(View):
    """A client of the merchant."""

    id: str = Field(description="24 hex digits.")
    livemode: bool = Field(description="Whether it is live data.")
    email: PlaintextView | None = Field(description="E-mail address.")
    name: PlaintextView | None = Field(description="Name of the person.")
    company: PlaintextView | None = Field(description="Name of the company.")
    phone: PlaintextView | None = Field(description="Telephone number; null where it is not known.")
    address: ClientAddressView = Field(description="Postal address of the client.")
    tax_info: dict[str, Any] | None = Field(
        description="Tax data for invoices: taxId, taxIdType, taxCountry, peppolRoutingAddress."
    )
    payments: int = Field(description="Number of successful payments.")
    transaction_ids: list[str] = Field(description="Ids of the latest successful payments.")
    created_at: datetime = Field(description="Time when the client was created, in UTC.")
    updated_at: datetime = Field(description="When it last changed.")

    @classmethod
    def of(cls, client: Client, profile: ClientProfile) -> "ClientView":
        party = profile.party
        facts = vars(client) | {name: _plain(getattr(party, name)) for name in _PERSON}
        address = ClientAddressView(
            line1=_plain(party.address1),
            line2=_plain(party.address2),
            city=_plain(party.city),
            postal_code=_plain(party.postcode),
            state=_plain(party.state),
            country=client.country,
        )
        return cls(**facts, address=address, tax_info=_tax_info(profile))


class ClientChangedView(ClientView):
    """A created or changed client."""

    warnings: Warnings = ()


class ClientListView(ListView):
    """Clients, newest first."""

    clients: list[ClientView] = Field(description="Rows of this page, newest first.")


def _plain(text: str | None) -> PlaintextView | None:
    return None if text is None else PlaintextView(plaintext=text)


def _tax_info(profile: ClientProfile) -> dict[str, Any] | None:
    if not (profile.party.vat_id or profile.tax):
        return None
    tax = {"taxIdType": "vat", **profile.tax}
    if profile.party.vat_id:
        tax["taxId"] = {"plaintext": profile.party.vat_id}
    if routing := profile.tax.get("peppolRoutingAddress"):
        tax["peppolRoutingAddress"] = {"schemeId": routing["schemeId"], "value": {"plaintext": routing["value"]}}
    return tax
