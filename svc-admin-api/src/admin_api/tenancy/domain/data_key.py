"""A wrapped data key and its history."""

from datetime import datetime
from typing import Annotated

from gateway_contracts.aggregates import IN_WIRE_FORM, Entity
from gateway_contracts.config import WrappedDek


class DataKey(Entity):
    """A data key of a tenant (empty organization id: of the system). Its id is its key in the configuration bucket.

    Attributes:
        retired_at: since then nothing is encrypted with it.
        rewrapped_by: the job that wrapped it last.
        published_at: written when it is published again, so that its destruction meanwhile conflicts.
        touched_at: the same, when a newer key of its tenant is made.
    """

    record: Annotated[WrappedDek, IN_WIRE_FORM]
    created_at: datetime
    retired_at: datetime | None = None
    rewrapped_by: str | None = None
    published_at: datetime | None = None
    touched_at: datetime | None = None
