"""Settings that all services share. Built once, in a service's composition root; no secret has a default."""

from typing import Literal, Self

from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class KitSettings(BaseSettings):
    """The variables of every service (the same names in the embedded stack and in compose)."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    environment: Literal["development", "production"] = "production"
    log_level: str = "INFO"
    nats_url: str
    nats_user: str
    nats_password: SecretStr
    system_encryption_key: SecretStr
    system_search_hash_key: SecretStr
    otel_exporter_otlp_endpoint: str | None = None
    # Share of traces that are recorded, 0 … 1; the decision is made once, at the edge, and travels with the trace.
    trace_sample_ratio: float = 1.0
    livez_port: int | None = None

    @model_validator(mode="after")
    def _refuse_placeholders(self) -> Self:
        if self.environment == "production":
            for name in ("nats_password", "system_encryption_key", "system_search_hash_key"):
                value: SecretStr = getattr(self, name)
                if value.get_secret_value().lower() in {"", "changeme", "changethis", "secret", "password"}:
                    raise ValueError(f"{name.upper()} is empty or a placeholder: set a random value")
        return self


class DatabaseSettings(KitSettings):
    """A service with its own database."""

    mongodb_uri: SecretStr
    mongodb_database: str


class HttpSettings(KitSettings):
    """A service that receives traffic from Caddy."""

    http_host: str = "127.0.0.1"
    http_port: int
    admin_frontend_origin: str
    admin_backend_origin: str
    main_frontend_origin: str
    main_backend_origin: str
    trusted_proxies: str = ""

    @property
    def trusted_proxy_addresses(self) -> frozenset[str]:
        """The addresses whose forwarding headers are believed."""
        return frozenset(part.strip() for part in self.trusted_proxies.split(",") if part.strip())
