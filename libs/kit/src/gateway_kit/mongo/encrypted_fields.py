"""Which stored fields are encrypted: declared as data beside a service's store, found in documents by this."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import ValidationError

from gateway_contracts.encrypted import EncryptedValue
from gateway_kit.crypto.fields import FieldPlace
from gateway_kit.crypto.kms import Scope

EACH_NAME: Final = "*"
EACH_ITEM: Final = "[]"

Document = dict[str, Any]


@dataclass(frozen=True)
class EncryptedField:
    """One field, or many of one form.

    Attributes:
        path: where it lies, dotted; ``*`` is every name of a map, ``[]`` every item of a list.
        name: what its ciphertext is bound to, where that differs from the path; ``{0}`` is what the first ``*`` was.
    """

    path: str
    name: str = ""


@dataclass(frozen=True)
class EncryptedCollection:
    """The encrypted fields of one collection, all of one scope.

    Attributes:
        bound_as: the collection that ciphertexts are bound to, where it has another name.
        walk: how a tenant's documents are visited in the order of their ids: by the index over organization, mode and
            id, or (where there is none) by walking through the whole collection.
    """

    name: str
    fields: tuple[EncryptedField, ...]
    scope: Scope = "organization"
    bound_as: str = ""
    walk: Literal["tenant", "all"] = "all"

    @property
    def index(self) -> str:
        """The name of the index to walk by."""
        return "organization_id_1_livemode_1__id_-1" if self.walk == "tenant" else "_id_"

    def query(self, organization_id: str) -> Document:
        """All documents that may hold values of this tenant (empty: of the system)."""
        if self.scope == "system":
            return {}
        tenant: Document = {"organization_id": organization_id}
        # Both modes by name: so the index gives them in the order of their ids.
        return {**tenant, "livemode": {"$in": [False, True]}} if self.walk == "tenant" else tenant

    @property
    def projection(self) -> Document:
        """The needed fields of a document."""
        return {"organization_id": 1, **{field.path.split(".", 1)[0]: 1 for field in self.fields}}


@dataclass(frozen=True)
class FoundValue:
    """An encrypted value, its path in the document (list positions as numbers), and what it is bound to."""

    path: str
    place: FieldPlace
    value: EncryptedValue


def found_values(document: Document, collection: EncryptedCollection) -> Iterator[FoundValue]:
    """Every encrypted value of the document."""
    organization_id = "" if collection.scope == "system" else document["organization_id"]
    for field in collection.fields:
        for path, captured, raw in _at(document, tuple(field.path.split(".")), (), ()):
            try:
                value = EncryptedValue.model_validate(raw)
            except ValidationError:
                continue  # absent, or kept in clear
            name = (field.name or field.path).format(*captured)
            place = FieldPlace(
                collection.scope, organization_id, collection.bound_as or collection.name, document["_id"], name
            )
            yield FoundValue(".".join(path), place, value)


def _at(
    node: Any, rest: tuple[str, ...], path: tuple[str, ...], captured: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], Any]]:
    if not rest:
        yield path, captured, node
        return
    step, further = rest[0], rest[1:]
    if step == EACH_ITEM:
        for index, item in enumerate(node if isinstance(node, list) else ()):
            yield from _at(item, further, (*path, str(index)), captured)
    elif isinstance(node, dict):
        names = list(node) if step == EACH_NAME else [step] if step in node else []
        for name in names:
            more = (*captured, name) if step == EACH_NAME else captured
            yield from _at(node[name], further, (*path, name), more)
