"""Addresses, in both dialects that shops send."""

from pydantic import Field

from gateway_contracts.bodies import Part
from gateway_contracts.events.transaction import Party
from gateway_contracts.fields import Country, Email, Line, Short


class AddressIn(Part):
    """Either dialect: ``firstName, lastName, address1, postcode`` or ``name, line1, postalCode``."""

    first_name: Line | None = None
    last_name: Line | None = None
    name: Line | None = Field(None, description="Instead of firstName and lastName.")
    company: Line | None = None
    email: Email | None = None
    address1: Line | None = None
    address2: Line | None = None
    line1: Line | None = Field(None, description="The same as address1.")
    line2: Line | None = Field(None, description="The same as address2.")
    city: Line | None = None
    postcode: Line | None = None
    postal_code: Line | None = Field(None, description="The same as postcode.")
    state: Line | None = None
    country: Country | None = None
    phone: Short | None = None
    vat_id: Short | None = None

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


class ShopAddressIn(AddressIn, extra="ignore"):
    """An address as shops send it, in either dialect."""
