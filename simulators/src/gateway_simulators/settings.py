"""Settings, read from the environment once at start."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

# Providers retry for days with growing delays; the same shape, compressed to about twenty minutes.
DEFAULT_RETRY_SCHEDULE_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 240.0, 300.0, 300.0)


@dataclass(frozen=True)
class Settings:
    """Settings of a simulator. Each provider has a subclass with its port (and its habits, where they differ).

    Attributes:
        origin: its own public origin, for links that browsers follow; empty means ``http://host:port``.
        state_dir: where payments and endpoints survive a restart; None keeps everything in memory.
        retry_schedule_s: delays before the further attempts of a webhook; its length bounds them.
        attempt_timeout_s: how long a receiver may take to answer a webhook.
        delivery_concurrency: webhooks on their way at the same moment.
    """

    host: str = "127.0.0.1"
    port: int = 0
    origin: str = ""
    state_dir: Path | None = None
    retry_schedule_s: tuple[float, ...] = DEFAULT_RETRY_SCHEDULE_S
    attempt_timeout_s: float = 10.0
    delivery_concurrency: int = 32
    log_level: str = "info"

    @property
    def public_origin(self) -> str:
        """Scheme, host and port without a trailing slash."""
        return (self.origin or f"http://{self.host}:{self.port}").rstrip("/")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], prefix: str) -> Self:
        """``<prefix>_PORT`` and so on.

        Args:
            prefix: such as ``STRIPE_SIM``.

        Raises:
            ValueError: a number is not one.
        """

        def value_of(name: str) -> str:
            return environment.get(f"{prefix}_{name}", "")

        schedule, state_dir = value_of("RETRY_SCHEDULE"), value_of("STATE_DIR")
        return cls(
            host=value_of("HOST") or cls.host,
            port=int(value_of("PORT") or cls.port),
            origin=value_of("ORIGIN"),
            state_dir=Path(state_dir) if state_dir else None,
            retry_schedule_s=tuple(float(part) for part in schedule.split(",")) if schedule else cls.retry_schedule_s,
            attempt_timeout_s=float(value_of("ATTEMPT_TIMEOUT_S") or cls.attempt_timeout_s),
            log_level=environment.get("LOG_LEVEL", cls.log_level).lower(),
        )
