"""Fields of a sale that stored objects, records and events repeat unchanged.

`gateway_contracts.sale_fields` has their rules. Here they have none: what is stored must stay readable. A new field of
this kind is declared in both modules, and is in every message and object then.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, Field


class OrderFacts(BaseModel):
    """The merchant's names of the order, in every record and event of its checkout and payments.

    Attributes:
        LONG: what rows of a page leave out where it would be too large otherwise.
    """

    LONG: ClassVar[Mapping[str, Any]] = {"description": None}

    external_reference: str | None = None
    invoice_number: str | None = None
    description: str | None = Field(None, description="The order in the merchant's words; null without any.")


class SaleFacts(OrderFacts):
    """Further facts that a checkout hands on to its payments and documents."""

    client_id: str | None = None
    locale: str | None = None


def facts_of(source: BaseModel, kind: type[OrderFacts]) -> dict[str, Any]:
    """The facts of a request or an object, for the constructor of the next one."""
    return {name: getattr(source, name) for name in kind.model_fields}
