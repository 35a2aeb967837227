"""The encrypted fields of a document are found by their type, wherever the aggregate holds them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Generic, TypeVar

import pytest
from pydantic import BaseModel, Field

from gateway_contracts.aggregates import IN_WIRE_FORM, Aggregate
from gateway_contracts.base import Contract
from gateway_contracts.collection_specs import CollectionSpec, IndexSpec
from gateway_contracts.encrypted import BoundAs, EncryptedValue, NotRenewed, SystemValue
from gateway_kit.mongo.documents import StoredDocument
from gateway_kit.mongo.encrypted_annotations import encrypted_collections
from gateway_kit.mongo.encrypted_fields import EncryptedCollection, EncryptedField

BY_ID = IndexSpec((("organization_id", 1), ("livemode", 1), ("_id", -1)))


@dataclass(frozen=True)
class Party:
    value: Annotated[EncryptedValue, BoundAs("{parent}")]
    digest: str


class Entry(BaseModel):
    text: EncryptedValue


class Person(Aggregate):
    livemode: bool
    email: EncryptedValue
    name: EncryptedValue | None = None
    party: Party | None = None
    entries: tuple[Entry, ...] = ()
    secrets: Annotated[Mapping[str, list[EncryptedValue]], BoundAs("secrets.{0}")]
    label: str = ""


class PersonDocument(Person, StoredDocument):
    collection: ClassVar = CollectionSpec("gw_test", "people", (BY_ID,))


class Settings(Contract):
    shop_secrets: Annotated[dict[str, tuple[EncryptedValue, ...]], BoundAs("shop_secrets.{0}", is_system=True)]
    values_of_test: Annotated[dict[str, Any], BoundAs("values.{0}", is_system=True, path="*.encrypted")]


R = TypeVar("R", bound=Contract)


class Stored(Aggregate, Generic[R]):
    record: Annotated[R, IN_WIRE_FORM]
    passing: Annotated[Entry | None, NotRenewed()] = None
    elsewhere: EncryptedValue | None = Field(default=None, exclude=True)


class SettingsDocument(Stored[Settings], StoredDocument):
    collection: ClassVar = CollectionSpec("gw_test", "settings", (BY_ID,))


class Mixed(Aggregate):
    own: EncryptedValue
    of_system: SystemValue


class MixedDocument(Mixed, StoredDocument):
    collection: ClassVar = CollectionSpec("gw_test", "mixed")


class Plain(Aggregate):
    label: str


class PlainDocument(Plain, StoredDocument):
    collection: ClassVar = CollectionSpec("gw_test", "plain")


def test_every_encrypted_field_is_found_by_its_type() -> None:
    assert encrypted_collections([PlainDocument, PersonDocument]) == (
        EncryptedCollection(
            "people",
            (
                EncryptedField("email"),
                EncryptedField("name"),
                EncryptedField("party.value", name="party"),
                EncryptedField("entries.[].text"),
                EncryptedField("secrets.*.[]", name="secrets.{0}"),
            ),
            walk="tenant",
        ),
    )


def test_the_walk_needs_an_index_over_all_documents() -> None:
    class HiddenDocument(Person, StoredDocument):
        collection: ClassVar = CollectionSpec("gw_test", "hidden", (IndexSpec(BY_ID.keys, partial={"open": True}),))

    [found] = encrypted_collections([HiddenDocument])
    assert found.walk == "all"


def test_fields_of_a_record_in_its_wire_form() -> None:
    assert encrypted_collections([SettingsDocument]) == (
        EncryptedCollection(
            "settings",
            (
                EncryptedField("record.shopSecrets.*.[]", name="shop_secrets.{0}"),
                EncryptedField("record.valuesOfTest.*.encrypted", name="values.{0}"),
            ),
            scope="system",
        ),
    )


def test_a_document_has_values_of_one_scope() -> None:
    with pytest.raises(ValueError, match="mixed has values of two scopes"):
        encrypted_collections([MixedDocument])
