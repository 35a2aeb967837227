"""Settings of this simulator."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from gateway_simulators import settings


@dataclass(frozen=True)
class Settings(settings.Settings):
    """See the base class.

    Attributes:
        day_s: how long a banking day takes; payments settle over several of them.
        with_refunds: whether accounts may refund; GoCardless activates that on request.
    """

    port: int = 12113
    day_s: float = 86_400.0
    with_refunds: bool = True

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], prefix: str) -> Self:
        """See the base class; further ``<prefix>_DAY_S`` and ``<prefix>_WITH_REFUNDS``."""
        common = super().from_environment(environment, prefix)
        return replace(
            common,
            day_s=float(environment.get(f"{prefix}_DAY_S") or cls.day_s),
            with_refunds=environment.get(f"{prefix}_WITH_REFUNDS", "true").lower() != "false",
        )
