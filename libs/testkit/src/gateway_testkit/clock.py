"""Clocks that a test moves."""

from datetime import UTC, datetime, timedelta

from gateway_contracts.clock import SystemClock

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


class MovableClock:
    """The machine's clock, ahead by as much as the test moved it. Satisfies ``gateway_contracts.clock.Clock``."""

    def __init__(self) -> None:
        self._system = SystemClock()
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The machine's time and what was added to it."""
        return self._system.now() + self._ahead

    def advance(self, by: timedelta) -> datetime:
        """Moves it forward, and returns the new moment."""
        self._ahead += by
        return self.now()
