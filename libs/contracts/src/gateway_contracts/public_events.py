"""The public part of an event: the payload without encrypted fields and without internal ones."""

import functools
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gateway_contracts.base import Contract
from gateway_contracts.encrypted import EncryptedValue


class Internal:
    """Annotation of a field that services exchange and the API never shows."""


INTERNAL: Final = Internal()


def public_data(data: Contract) -> dict[str, Any]:
    """The payload as JSON values. Only declared fields are in it, so a newer producer shows nothing by itself."""
    return data.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=set(hidden_fields(type(data))))


@functools.cache
def hidden_fields(kind: type[BaseModel]) -> frozenset[str]:
    """The fields of a payload that the API does not show.

    Raises:
        ValueError: one lies inside of another field; they must stand in the payload itself.
    """
    for name, field in kind.model_fields.items():
        if not _is_hidden(field) and any(hidden_fields(inner) for inner in _models_in(field.annotation)):
            raise ValueError(f"{kind.__name__}.{name} contains a field that is not public")
    return frozenset(name for name, field in kind.model_fields.items() if _is_hidden(field))


def _is_hidden(field: FieldInfo) -> bool:
    return INTERNAL in field.metadata or EncryptedValue in _models_in(field.annotation)


def _models_in(annotation: Any) -> set[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}
    return {model for part in get_args(annotation) for model in _models_in(part)}
