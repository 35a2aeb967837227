"""Addresses of buyers as both public APIs take them, in either dialect of shops."""

from pydantic import Field

from gateway_contracts.bodies import Part
from gateway_contracts.events.transaction import Party
from gateway_contracts.fields import Country, Email, Line, Short


class Address(Part):
    """Address of the buyer, with ``firstName, lastName, address1, postcode`` or ``name, line1, postalCode``."""

    first_name: Line | None = Field(None, description="Given name of the buyer.")
    last_name: Line | None = Field(None, description="Family name of the buyer.")
    name: Line | None = Field(None, description="Whole name, instead of firstName and lastName.")
    company: Line | None = Field(None, description="Company, if the buyer is one.")
    email: Email | None = Field(None, description="E-mail address of the buyer.")
    address1: Line | None = Field(None, description="Street and number.")
    address2: Line | None = Field(None, description="Further line of the address, such as a floor.")
    line1: Line | None = Field(None, description="The same as address1.")
    line2: Line | None = Field(None, description="The same as address2.")
    city: Line | None = Field(None, description="City or town.")
    postcode: Line | None = Field(None, description="Postal code.")
    postal_code: Line | None = Field(None, description="The same as postcode.")
    state: Line | None = Field(None, description="State, province or region, where the country's addresses have one.")
    country: Country | None = Field(None, description="Country code of ISO 3166-1 (alpha-2), such as DE.")
    phone: Short | None = Field(None, description="Telephone number, best in international form.")
    vat_id: Short | None = Field(None, description="VAT number of a company.")

    def party(self, email: str | None = None) -> Party:
        """The same in one dialect; ``email`` fills in where the address has none."""
        full_name = " ".join(part for part in (self.first_name, self.last_name) if part)
        return Party(
            email=self.email or email,
            name=self.name or full_name or None,
            company=self.company or None,
            address1=self.address1 or self.line1 or None,
            address2=self.address2 or self.line2 or None,
            city=self.city or None,
            postcode=self.postcode or self.postal_code or None,
            state=self.state or None,
            country=self.country or None,
            phone=self.phone or None,
            vat_id=self.vat_id or None,
        )
