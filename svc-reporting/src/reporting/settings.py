"""Settings of svc-reporting."""

from gateway_kit.settings import DatabaseSettings


class Settings(DatabaseSettings):
    """The shared settings of a service with a database."""
