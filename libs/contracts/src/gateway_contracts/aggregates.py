"""The base of stored objects, and the scope in which they are read."""

from dataclasses import dataclass
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, PlainSerializer

from gateway_contracts.base import Contract

IN_WIRE_FORM: Final = PlainSerializer(Contract.wire)
"""Annotation of a message part that is stored as it travels, with camelCase names."""


@dataclass(frozen=True)
class Scope:
    """The tenant of a query.

    Attributes:
        livemode: required for objects that belong to one mode; None for objects that serve both.
        site_id: limits the scope to one site; None means all sites.
        is_installation: what belongs to those who run the installation, stored under the empty id; see `installation`.

    Raises:
        ValueError: no organization is named.
    """

    organization_id: str
    livemode: bool | None = None
    site_id: str | None = None
    is_installation: bool = False

    def __post_init__(self) -> None:
        if bool(self.organization_id) == self.is_installation:
            raise ValueError("a scope names its organization, or is that of the installation")

    @property
    def mode(self) -> bool:
        """The mode, where there has to be one.

        Raises:
            ValueError: the scope names none.
        """
        if self.livemode is None:
            raise ValueError("the scope names no mode")
        return self.livemode

    @classmethod
    def installation(cls, *, livemode: bool | None = None) -> "Scope":
        """The scope of what belongs to the installation and to no organization."""
        return cls("", livemode, is_installation=True)


@dataclass(frozen=True)
class Appended:
    """Marks a field whose list only grows: ``Annotated[tuple[Entry, ...], Appended(200)] = ()``.

    A change stores the new entries alone.

    Attributes:
        kept: the number of entries that stay stored; the oldest are dropped.
    """

    kept: int


class Entity(BaseModel):
    """An object that is stored as one document. Its fields are declared here alone.

    One without a tenant derives from this class, such as a person or a login: see
    `gateway_kit.mongo.global_store.GlobalStore`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    id: str

    def changed(self, **fields: Any) -> Self:
        """A copy with other values, which are validated. A version stays: the store increases it.

        Raises:
            TypeError: there is no such field.
            ValidationError: a value does not fit its field.
        """
        if unknown := fields.keys() - type(self).model_fields.keys():
            raise TypeError(f"{type(self).__name__} has no field {', '.join(sorted(unknown))}")
        # Not dict(self): a field may be called "keys".
        return self.model_validate({**vars(self), **fields})


class TenantEntity(Entity):
    """An object of one organization that has no version: nothing changes it, or something else guards its changes."""

    organization_id: str

    @property
    def scope(self) -> Scope:
        """The tenant that it belongs to, with the mode where it has one."""
        return Scope(self.organization_id, getattr(self, "livemode", None))


class Aggregate(TenantEntity):
    """A business object of one organization.

    Attributes:
        version: increased by the store with every change; starts at 1 unless the caller sets it.
    """

    version: int = 1
