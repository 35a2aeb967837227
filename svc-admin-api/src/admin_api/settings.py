"""Settings of this service: those of every API service with a database, and a few of its own."""

from typing import Annotated

from pydantic import StringConstraints

from gateway_kit.settings import DatabaseSettings, HttpSettings

ViewerAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s{}]+\{traceId\}[^\s{}]*$")]


class Settings(DatabaseSettings, HttpSettings):
    """Read from the environment, once, at start."""

    # Each asks the bus twice a second while other events come than its own.
    event_streams_max: int = 200
    # For the operators' pages, as for `gateway doctor`: addresses of the processes, and of the bus' monitoring.
    gateway_services: str = ""
    nats_monitor_url: str = ""
    # Where operators see a trace: its id stands in the place of {traceId}.
    trace_viewer_url: ViewerAddress | None = None

    @property
    def is_development(self) -> bool:
        """Plain http URLs of any host are allowed in development only."""
        return self.environment == "development"
