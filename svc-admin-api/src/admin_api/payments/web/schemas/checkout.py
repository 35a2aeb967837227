"""Checkouts: what a merchant's server sends and gets."""

from pydantic import Field, model_validator

from admin_api.shared.web.schemas.base import ListView, View
from gateway_contracts.addresses import Address
from gateway_contracts.bodies import Body, ChangeBody, Part, Warnings
from gateway_contracts.events.transaction import Party, TransactionLine
from gateway_contracts.fields import Email
from gateway_contracts.requests.transaction import CheckoutRecord, CreateCheckout
from gateway_contracts.rules import broken
from gateway_contracts.sale_fields import CheckoutFields, ItemDescription, ItemFields, ItemName, Items, Metadata


class ItemIn(ItemFields, Part):
    """One line of what is sold; ``name`` or ``description`` is required."""

    name: ItemName | None = Field(None, description="Name of the item, printed on documents; default: the description.")
    description: ItemDescription | None = Field(None, description="Longer text beside the name.")

    @model_validator(mode="after")
    def _has_a_name(self) -> "ItemIn":
        if not (self.name or self.description):
            raise broken("item_name_required", "name or description is required")
        return self

    def line(self) -> TransactionLine:
        """The same for the owner of checkouts."""
        return TransactionLine(
            name=self.name or self.description or "",
            description=self.description if self.name else None,
            **{field: getattr(self, field) for field in ItemFields.model_fields},
        )


class ShopItemIn(ItemIn, extra="ignore"):
    """One line of what is sold, as shops send it; ``name`` or ``description`` is required."""


class ShopAddressIn(Address, extra="ignore"):
    """An address as shops send it, in either dialect."""


class CheckoutIn(CheckoutFields, Body, extra="ignore"):
    """A new checkout. At least one of ``externalReference`` and ``invoiceNumber`` is required."""

    email: Email | None = None
    items: Items[ShopItemIn] = Field((), description="Items of the order. Their sum must be the amount.")
    billing_address: ShopAddressIn | None = Field(None, description="Name and address of the buyer.")
    shipping_address: ShopAddressIn | None = Field(
        None, description="Delivery address, if different from the billing address."
    )

    def urls(self) -> dict[str, str | None]:
        """Addresses by field."""
        return {"returnUrl": self.return_url, "cancelUrl": self.cancel_url, "ipnUrl": self.ipn_url}

    def command(self, checkout_id: str, site_id: str) -> CreateCheckout:
        """The request to the owner of checkouts."""
        party = self.billing_address.party(self.email) if self.billing_address else Party(email=self.email)
        return CreateCheckout(
            checkout_id=checkout_id,
            site_id=site_id,
            party=party,
            other_email=self.email if self.email != party.email else None,
            shipping=self.shipping_address.party() if self.shipping_address else None,
            items=tuple(item.line() for item in self.items),
            **{field: getattr(self, field) for field in CheckoutFields.model_fields},
        )


class CheckoutCreatedView(View):
    """Send the customer to ``paymentUrl``."""

    id: str
    session_public_id: str
    short_code: str
    payment_url: str
    warnings: Warnings = ()


class CheckoutView(CheckoutRecord):
    """A checkout and the address of its page."""

    payment_url: str


class CheckoutChangedView(CheckoutView):
    """A changed checkout."""

    warnings: Warnings = ()


class CheckoutListView(ListView):
    checkouts: list[CheckoutView]


class CheckoutPatch(ChangeBody, extra="ignore"):
    """Metadata: given keys are set, an empty value or null deletes its key."""

    metadata: Metadata
