"""Settings of this service: those of every API service with a database, nothing of its own."""

from gateway_kit.settings import DatabaseSettings, HttpSettings


class Settings(DatabaseSettings, HttpSettings):
    """Read from the environment, once, at start."""

    @property
    def is_development(self) -> bool:
        """Plain http URLs of any host are allowed in development only."""
        return self.environment == "development"
