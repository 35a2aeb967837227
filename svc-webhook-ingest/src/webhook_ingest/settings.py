"""Settings of this service: the common ones, and no database."""

from gateway_kit.settings import KitSettings


class Settings(KitSettings):
    """Everything comes from the environment."""

    webhook_concurrent_max: int = 4_000
    """Webhooks that one process works on at the same time; further ones are told to come back."""
