"""The encrypted fields of a document, derived from the annotations of its aggregate: no list to keep beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from types import NoneType
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from gateway_contracts.collections import CollectionSpec
from gateway_contracts.encrypted import BoundAs, EncryptedValue
from gateway_kit.mongo.documents import StoredDocument
from gateway_kit.mongo.encrypted_fields import EACH_ITEM, EACH_NAME, EncryptedCollection, EncryptedField

_BY_ID_OF_TENANT: Final = (("organization_id", 1), ("livemode", 1), ("_id", -1))


def encrypted_collections(documents: Sequence[type[StoredDocument]]) -> tuple[EncryptedCollection, ...]:
    """All fields of type `EncryptedValue` of these documents, which a new data key makes the service encrypt again.

    A ciphertext is bound to the path of its field, unless `BoundAs` says otherwise.
    """
    derived = ((document, tuple(_fields_of(document.aggregate_class()))) for document in documents)
    return tuple(_collection(document, fields) for document, fields in derived if fields)


def _collection(document: type[StoredDocument], fields: tuple[EncryptedField, ...]) -> EncryptedCollection:
    spec = document.collection
    return EncryptedCollection(
        spec.name,
        fields,
        scope="organization" if "organization_id" in document.model_fields else "system",
        walk="tenant" if _has_walk(spec) else "all",
    )


def _has_walk(spec: CollectionSpec) -> bool:
    return any(index.keys == _BY_ID_OF_TENANT and index.partial is None for index in spec.indexes)


def _fields_of(holder: type, path: tuple[str, ...] = ()) -> Iterator[EncryptedField]:
    for name, annotation in get_type_hints(holder, include_extras=True).items():
        if not name.startswith("_"):
            yield from _found(annotation, (*path, name), "")


def _found(annotation: Any, path: tuple[str, ...], bound_as: str) -> Iterator[EncryptedField]:
    """The encrypted values of one annotation; unions, maps and sequences are looked into."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        bound_as = next((each.name for each in arguments[1:] if isinstance(each, BoundAs)), bound_as)
        yield from _found(arguments[0], path, bound_as.replace("{parent}", ".".join(path[:-1])))
    elif origin is None:
        yield from _of_class(annotation, path, bound_as)
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield from _found(arguments[1], (*path, EACH_NAME), bound_as)
    else:
        step = (EACH_ITEM,) if isinstance(origin, type) and issubclass(origin, Sequence) else ()
        # Two members of a union may be the same field.
        for each in dict.fromkeys(argument for argument in arguments if argument not in (NoneType, Ellipsis)):
            yield from _found(each, (*path, *step), bound_as)


def _of_class(annotation: Any, path: tuple[str, ...], bound_as: str) -> Iterator[EncryptedField]:
    if annotation is EncryptedValue:
        yield EncryptedField(".".join(path), name=bound_as)
    elif is_dataclass(annotation) or (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        yield from _fields_of(annotation, path)  # type: ignore[arg-type]  # a class in both cases
