"""Settings of svc-ipn."""

from gateway_kit.settings import DatabaseSettings


class Settings(DatabaseSettings):
    """Settings of this service alone.

    ``ipn_allow_private_targets`` opens loopback and private networks, and plain http, for development.
    """

    ipn_allow_private_targets: bool = False
    ipn_concurrency: int = 256
    ipn_concurrency_per_organization: int = 128
    ipn_concurrency_per_host: int = 16
    ipn_timeout_s: float = 10.0
