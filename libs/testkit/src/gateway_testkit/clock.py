"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


class FrozenClock:
    """Satisfies ``gateway_contracts.clock.Clock``."""

    def __init__(self, moment: datetime = START) -> None:
        self._moment = moment

    def now(self) -> datetime:
        """The moment it stands at."""
        return self._moment

    def set(self, moment: datetime) -> None:
        """Moves it to an aware moment."""
        self._moment = moment.astimezone(UTC)

    def advance(self, by: timedelta | float) -> datetime:
        """Moves it forward by a duration, or by that many seconds, and returns the new moment."""
        self._moment += by if isinstance(by, timedelta) else timedelta(seconds=by)
        return self._moment
