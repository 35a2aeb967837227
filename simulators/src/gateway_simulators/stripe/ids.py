"""Secrets in Stripe's form."""

from gateway_simulators.ids import random_text


def client_secret_of(intent_id: str) -> str:
    """A new secret for the browser that belongs to this intent."""
    return f"{intent_id}_secret_{random_text(25)}"
