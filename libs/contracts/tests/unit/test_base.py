"""Common properties of all messages."""

import pytest
from pydantic import ValidationError

from gateway_contracts.events.transaction import Party
from gateway_contracts.requests.transaction import CreateCheckout


def test_an_error_does_not_quote_what_it_found() -> None:
    """It is logged with its traceback, and no pattern recognizes a name."""
    with pytest.raises(ValidationError) as refusal:
        Party.model_validate({"name": ["Paula Payer"], "address1": {"street": "Lindenweg 7"}})
    assert "name" in str(refusal.value)
    assert "Paula" not in str(refusal.value)
    assert "Lindenweg" not in str(refusal.value)


def test_nor_does_that_of_a_message_around_it() -> None:
    with pytest.raises(ValidationError) as refusal:
        CreateCheckout.model_validate_json('{"party": {"name": ["Paula Payer"]}, "amount": "Paula Payer"}')
    assert "Paula" not in str(refusal.value)
