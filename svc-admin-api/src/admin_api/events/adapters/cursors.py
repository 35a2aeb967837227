"""Cursors: sealed places."""

from admin_api.events.domain.place import Place, read_place
from gateway_contracts.actor import Actor
from gateway_kit.crypto.tokens import TokenSealer
from gateway_kit.mongo.pages import invalid_cursor


class SealedCursors:
    """Sealed, because sequences of the bus count the events of all organizations."""

    def __init__(self, system_search_hash_key: str) -> None:
        """
        Raises:
            WeakSystemKey: the key is missing, malformed or guessable.
        """
        self._sealer = TokenSealer(system_search_hash_key, "event cursors")

    def write(self, place: Place, actor: Actor) -> str:
        """See the port."""
        return self._sealer.seal(place.text(), place=_owner(actor))

    def read(self, cursor: str, actor: Actor) -> Place:
        """See the port."""
        text = self._sealer.open(cursor, place=_owner(actor))
        place = None if text is None else read_place(text)
        if place is None:
            raise invalid_cursor()
        return place


def _owner(actor: Actor) -> str:
    return f"{actor.organization_id} {'live' if actor.livemode else 'test'}"
