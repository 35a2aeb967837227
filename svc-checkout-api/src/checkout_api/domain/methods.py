"""How a customer pays with a provider: what the page shows for it and whether it needs the page's script."""

from typing import Final, Literal

from gateway_contracts.requests.customer import OfferedProvider, Session

MethodKind = Literal["card", "transfer", "redirect"]

_KINDS: Final[dict[str, MethodKind]] = {"stripe": "card", "wire": "transfer", "wise": "transfer"}


def kind_of(provider_type: str) -> MethodKind:
    """Card fields on the page, bank details after it, or the provider's own page."""
    return _KINDS.get(provider_type, "redirect")


def offered(session: Session, provider_id: str) -> OfferedProvider | None:
    """The way to pay with that id, if the session offers it."""
    return next((offer for offer in session.providers if offer.id == provider_id), None)
