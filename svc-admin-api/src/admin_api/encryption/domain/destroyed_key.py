"""The name of a data key that was destroyed: all that is left of it."""

from datetime import datetime

from gateway_contracts.aggregates import Entity


class DestroyedKey(Entity):
    """Its id is the key in the configuration bucket, which must not come back."""

    destroyed_at: datetime
