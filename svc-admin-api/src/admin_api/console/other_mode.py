"""A look into the mode that is not shown. The API admits the visitor there as it does here."""

from dataclasses import replace
from typing import Final

from admin_api.console.api import Api
from admin_api.console.visitor import Visitor

_PAYMENTS: Final = "/transactions"


async def only_test_has_payments(visitor: Visitor) -> bool:
    """Whether a live page without payments is one of a shop that has some in test."""
    if visitor.mode != "live" or not visitor.may("GET", _PAYMENTS):
        return False
    answer = await _other(visitor).ask("GET", _PAYMENTS, query={"limit": 1})
    return answer.is_ok and bool(answer.data["transactions"])


async def is_payment_of_other_mode(payment_id: str, visitor: Visitor) -> bool:
    """Whether the selected organization has the payment in the other mode."""
    return (await _other(visitor).ask("GET", f"{_PAYMENTS}/{payment_id}")).is_ok


def _other(visitor: Visitor) -> Api:
    return replace(visitor.api, mode="test" if visitor.mode == "live" else "live")
