"""The encrypted fields of a document are found by their type, wherever the aggregate holds them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import BaseModel

from gateway_contracts.aggregates import Aggregate
from gateway_contracts.collections import CollectionSpec, IndexSpec
from gateway_contracts.encrypted import BoundAs, EncryptedValue
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
