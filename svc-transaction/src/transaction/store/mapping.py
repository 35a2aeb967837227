"""Between domain objects and what lies in MongoDB."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar

from beanie import Document
from pydantic import BaseModel

from gateway_contracts.money import Money
from transaction.domain.records import Scope

Domain = TypeVar("Domain")
Raw = dict[str, Any]

SCHEMA_VERSION = 1


def scoped(scope: Scope, condition: Raw) -> Raw:
    """The condition, within one tenant and mode. Every query that is not for all tenants on purpose goes through it."""
    return {**condition, "organization_id": scope.organization_id, "livemode": scope.livemode}


def encode(value: Any) -> Any:
    """A value as BSON knows it: enums by value, objects by their fields, absent fields as null."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, BaseModel):
        return encode(value.model_dump())
    if isinstance(value, Money):
        return {"amount": value.amount_minor, "currency": value.currency}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    return value


def to_raw(value: Any) -> Raw:
    """A domain object as a document."""
    raw: Raw = encode(value)
    raw["_id"] = raw.pop("id")
    raw["schema_version"] = SCHEMA_VERSION
    return raw


def difference(before: Any, after: Any, *, skip: frozenset[str]) -> Raw:
    """The fields that changed, encoded."""
    changed = (field.name for field in fields(after) if field.name not in skip)
    return {name: encode(getattr(after, name)) for name in changed if getattr(before, name) != getattr(after, name)}


def to_domain(document: Document, kind: type[Domain]) -> Domain:
    """The domain object of a document that declares the same fields and was not parsed lazily."""
    # Not by attribute: Beanie's documents look each one up in Python, for the sake of lazy parsing, which costs more
    # than checking the whole document did.
    values = vars(document)
    return kind(**{field.name: values[field.name] for field in fields(kind)})  # type: ignore[arg-type]  # kind is a dataclass


def by_transaction(named: Iterable[tuple[str, Domain]]) -> dict[str, list[Domain]]:
    """Records under the ids of their transactions, in their order."""
    found: dict[str, list[Domain]] = {}
    for transaction_id, record in named:
        found.setdefault(transaction_id, []).append(record)
    return found
