"""The ways to pay that a checkout offers."""

from gateway_contracts.requests.customer import OfferedProvider, Session


def offered(session: Session, provider_id: str) -> OfferedProvider | None:
    """The way to pay with that id, if the session offers it."""
    return next((offer for offer in session.providers if offer.id == provider_id), None)
