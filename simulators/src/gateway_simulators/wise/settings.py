"""Settings of this simulator."""

from dataclasses import dataclass

from gateway_simulators import settings

# Wise tries 25 times within two weeks; the same number, compressed.
RETRY_SCHEDULE_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, *(120.0,) * 16)


@dataclass(frozen=True)
class Settings(settings.Settings):
    """See the base class. Wise waits five seconds for an answer."""

    port: int = 12115
    retry_schedule_s: tuple[float, ...] = RETRY_SCHEDULE_S
    attempt_timeout_s: float = 5.0
