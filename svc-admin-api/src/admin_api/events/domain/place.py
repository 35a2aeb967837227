"""A place in the event stream: how far each stream of the bus was read."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

_VERSION: Final = "1"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS_MAX: Final = 19


@dataclass(frozen=True)
class Position:
    """How far one stream was read.

    Attributes:
        epoch: the stream's creation; sequences of another epoch mean other messages.
        sequence: of the last message that was read.
    """

    epoch: int
    sequence: int


@dataclass(frozen=True)
class Place:
    """How far all streams were read.

    Attributes:
        positions: by name of the stream; one that is not in it was not read at all.
        time: whatever was stored before it was read.
    """

    positions: Mapping[str, Position]
    time: datetime

    def moved(self, stream: str, sequence: int, time: datetime) -> "Place":
        """After that message."""
        position = replace(self.positions[stream], sequence=sequence)
        return Place({**self.positions, stream: position}, max(self.time, time))

    def text(self) -> str:
        """For a cursor; `read_place` reads it."""
        milliseconds = (self.time - _EPOCH) // timedelta(milliseconds=1)
        entries = (f"{name}:{at.epoch}:{at.sequence}" for name, at in self.positions.items())
        return ";".join((_VERSION, str(milliseconds), *entries))


def read_place(text: str) -> Place | None:
    """The place that `Place.text` wrote; None for any other text."""
    version, _, rest = text.partition(";")
    milliseconds, *entries = rest.split(";")
    parts = [entry.split(":") for entry in entries]
    if version != _VERSION or any(len(part) != 3 for part in parts):
        return None
    if not all(map(_is_number, (milliseconds, *(number for _, *numbers in parts for number in numbers)))):
        return None
    try:
        time = _EPOCH + timedelta(milliseconds=int(milliseconds))
    except OverflowError:
        return None
    return Place({name: Position(int(epoch), int(sequence)) for name, epoch, sequence in parts}, time)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX
