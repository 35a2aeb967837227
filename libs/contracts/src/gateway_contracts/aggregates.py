"""The base of stored objects, and the scope in which they are read."""

from dataclasses import dataclass
from typing import Any, Self

from pydantic import BaseModel, ConfigDict


@dataclass(frozen=True)
class Scope:
    """The tenant of a query.

    Attributes:
        livemode: required for objects that belong to one mode; None for objects that serve both.
        site_id: limits the scope to one site; None means all sites.

    Raises:
        ValueError: no organization is named.
    """

    organization_id: str
    livemode: bool | None = None
    site_id: str | None = None

    def __post_init__(self) -> None:
        if not self.organization_id:
            raise ValueError("a scope names its organization")


class Aggregate(BaseModel):
    """A business object that is stored as one document of one organization. Its fields are declared here alone.

    Attributes:
        version: increased by the store with every change; starts at 1 unless the caller sets it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    id: str
    organization_id: str
    version: int = 1

    def changed(self, **fields: Any) -> Self:
        """A copy with other values, which are validated. The version stays: the store increases it.

        Raises:
            TypeError: there is no such field.
            ValidationError: a value does not fit its field.
        """
        if unknown := fields.keys() - type(self).model_fields.keys():
            raise TypeError(f"{type(self).__name__} has no field {', '.join(sorted(unknown))}")
        return self.model_validate({**dict(self), **fields})
