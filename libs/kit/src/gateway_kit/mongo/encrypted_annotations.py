"""The encrypted fields of a document, derived from the annotations of its aggregate: no list to keep beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from types import NoneType
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from gateway_contracts.aggregates import IN_WIRE_FORM
from gateway_contracts.collection_specs import CollectionSpec
from gateway_contracts.encrypted import BoundAs, EncryptedValue, NotRenewed
from gateway_kit.mongo.documents import StoredDocument
from gateway_kit.mongo.encrypted_fields import EACH_ITEM, EACH_NAME, EncryptedCollection, EncryptedField

_BY_PATH: Final = BoundAs()
_BY_ID_OF_TENANT: Final = (("organization_id", 1), ("livemode", 1), ("_id", -1))


@dataclass(frozen=True)
class _Place:
    """Where an annotation stands, and what the annotations around it say."""

    path: tuple[str, ...] = ()
    bound: BoundAs = _BY_PATH
    is_by_alias: bool = False

    def below(self, *steps: str) -> "_Place":
        return replace(self, path=(*self.path, *steps))


_Found = tuple[EncryptedField, bool]
"""A field, and whether it is under the system key."""


def encrypted_collections(documents: Sequence[type[StoredDocument]]) -> tuple[EncryptedCollection, ...]:
    """All fields of type `EncryptedValue` of these documents, which a new data key makes the service encrypt again.

    A ciphertext is bound to the path of its field, unless `BoundAs` says otherwise.

    Raises:
        ValueError: a document has values under the system key and under that of its organization.
    """
    derived = ((document, tuple(_fields_of(document.aggregate_class(), _Place()))) for document in documents)
    return tuple(_collection(document, found) for document, found in derived if found)


def _collection(document: type[StoredDocument], found: tuple[_Found, ...]) -> EncryptedCollection:
    spec = document.collection
    scopes = {is_system or "organization_id" not in document.model_fields for _, is_system in found}
    if len(scopes) > 1:
        raise ValueError(f"{spec.name} has values of two scopes")
    [is_system] = scopes
    return EncryptedCollection(
        spec.name,
        tuple(field for field, _ in found),
        scope="system" if is_system else "organization",
        walk="tenant" if _has_walk(spec) and not is_system else "all",
    )


def _has_walk(spec: CollectionSpec) -> bool:
    return any(index.keys == _BY_ID_OF_TENANT and index.partial is None for index in spec.indexes)


def _fields_of(holder: type, place: _Place) -> Iterator[_Found]:
    if not issubclass(holder, BaseModel):
        for name, annotation in get_type_hints(holder, include_extras=True).items():
            yield from _found(annotation, place.below(name))
        return
    # Not type hints: those of a generic model do not say what its parameters are.
    for name, info in holder.model_fields.items():
        if not info.exclude:
            below = place.below(info.alias if place.is_by_alias and info.alias else name)
            yield from _annotated(info.annotation, info.metadata, below)


def _annotated(annotation: Any, marks: Sequence[Any], place: _Place) -> Iterator[_Found]:
    if any(isinstance(mark, NotRenewed) for mark in marks):
        return
    place = replace(place, is_by_alias=place.is_by_alias or IN_WIRE_FORM in marks)
    for mark in (mark for mark in marks if isinstance(mark, BoundAs)):
        place = replace(place, bound=replace(mark, name=mark.name.replace("{parent}", ".".join(place.path[:-1]))))
        if mark.path:
            yield _field(place.below(mark.path))
    yield from _found(annotation, place)


def _found(annotation: Any, place: _Place) -> Iterator[_Found]:
    """The encrypted values of one annotation; unions, maps and sequences are looked into."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _annotated(arguments[0], arguments[1:], place)
    elif origin is None:
        yield from _of_class(annotation, place)
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield from _found(arguments[1], place.below(EACH_NAME))
    else:
        step = (EACH_ITEM,) if isinstance(origin, type) and issubclass(origin, Sequence) else ()
        # Two members of a union may be the same field.
        for each in dict.fromkeys(argument for argument in arguments if argument not in (NoneType, Ellipsis)):
            yield from _found(each, place.below(*step))


def _of_class(annotation: Any, place: _Place) -> Iterator[_Found]:
    if annotation is EncryptedValue:
        yield _field(place)
    elif is_dataclass(annotation) or (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        # What is bound by name is a value, not an object.
        yield from _fields_of(annotation, replace(place, bound=_BY_PATH))  # type: ignore[arg-type]  # a class in both cases


def _field(place: _Place) -> _Found:
    return EncryptedField(".".join(place.path), name=place.bound.name), place.bound.is_system
