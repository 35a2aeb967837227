"""Settings of this simulator."""

from dataclasses import dataclass
from typing import Final

from gateway_simulators import settings

DEFAULT_API_VERSION: Final = "2026-10-28.endive"
"""The version that an account without a pin gets; the release of the official SDK that tests run against."""


@dataclass(frozen=True)
class Settings(settings.Settings):
    """See the base class."""

    port: int = 12111
