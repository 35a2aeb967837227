"""Settings of this simulator."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from gateway_simulators import settings


@dataclass(frozen=True)
class Settings(settings.Settings):
    """See the base class.

    Attributes:
        day_s: how long a day takes: a pending capture is decided after one, an approval without capture after three.
    """

    port: int = 12114
    day_s: float = 86_400.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], prefix: str) -> Self:
        """See the base class; further ``<prefix>_DAY_S``."""
        common = super().from_environment(environment, prefix)
        return replace(common, day_s=float(environment.get(f"{prefix}_DAY_S") or cls.day_s))
