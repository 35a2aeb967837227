"""Settings of this simulator."""

from dataclasses import dataclass

from gateway_simulators import settings

# Mollie tries ten times in 26 hours; the same shape, compressed to about ten minutes.
_RETRY_SCHEDULE_S = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0, 60.0, 180.0, 300.0)


@dataclass(frozen=True)
class Settings(settings.Settings):
    """See the base class. Mollie waits 15 seconds for a receiver."""

    port: int = 12112
    retry_schedule_s: tuple[float, ...] = _RETRY_SCHEDULE_S
    attempt_timeout_s: float = 15.0
