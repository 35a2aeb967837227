"""Settings that all services share. Built once, in a service's composition root; no secret has a default."""

from typing import Any, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway_kit.crypto.kms import parse_system_key

_SYSTEM_KEYS = ("system_encryption_key", "system_search_hash_key")


class KitSettings(BaseSettings):
    """The variables of every service (the same names in the embedded stack and in compose)."""

    # An error names the variable and never shows what it holds.
    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    environment: Literal["development", "production"] = "production"
    log_level: str = "INFO"
    nats_url: str
    nats_user: str
    nats_password: SecretStr
    system_encryption_key: SecretStr
    system_search_hash_key: SecretStr
    otel_exporter_otlp_endpoint: str | None = None
    # Share of traces that are recorded, and how many a second at most (per process): a burst of payments shall not be
    # slowed down by being watched. The decision is made once, where a trace begins, and travels with it.
    trace_sample_ratio: float = Field(default=1.0, ge=0, le=1)
    traces_per_second: float = Field(default=5.0, ge=0)
    livez_port: int | None = None
    # Where rendered documents lie: in the broker, or in a bucket of an S3-compatible server (ADR 0079).
    document_store: Literal["nats", "s3"] = "nats"
    s3_endpoint: str = ""
    s3_bucket: str = ""
    s3_region: str = "us-east-1"
    s3_access_key_id: str = ""
    s3_secret_access_key: SecretStr = SecretStr("")
    # For a monitoring system on another host; the probes and metrics of a worker tell no secret.
    livez_host: str = "127.0.0.1"

    @model_validator(mode="before")
    @classmethod
    def _refuse_weak_keys(cls, given: Any) -> Any:
        """Whatever the environment: a missing, short or guessable system key is never worked with."""
        for name in _SYSTEM_KEYS:
            value = given.get(name, "")
            parse_system_key(name.upper(), value.get_secret_value() if isinstance(value, SecretStr) else value)
        return given

    @model_validator(mode="after")
    def _need_bucket(self) -> Self:
        if self.document_store == "s3":
            needed = ("s3_endpoint", "s3_bucket", "s3_access_key_id")
            missing = [name.upper() for name in needed if not getattr(self, name)]
            missing += [] if self.s3_secret_access_key.get_secret_value() else ["S3_SECRET_ACCESS_KEY"]
            if missing:
                raise ValueError(f"DOCUMENT_STORE=s3 needs {', '.join(missing)}")
            if self.environment == "production" and not self.s3_endpoint.startswith("https://"):
                raise ValueError("S3_ENDPOINT must start with https:// in production")
        return self

    @model_validator(mode="after")
    def _refuse_placeholders(self) -> Self:
        placeholders = {"", "changeme", "changethis", "secret", "password"}
        if self.environment == "production" and self.nats_password.get_secret_value().lower() in placeholders:
            raise ValueError("NATS_PASSWORD is empty or a placeholder: set a random value")
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
    # Requests without credentials, per address; the names that operators know.
    mpg_rate_limit_enabled: bool = True
    mpg_rate_limit_requests_per_min: int = Field(default=100, ge=1)
    mpg_rate_limit_whitelist: str = "127.0.0.1,::1"

    @property
    def trusted_proxy_addresses(self) -> frozenset[str]:
        """The addresses whose forwarding headers are believed."""
        return frozenset(part.strip() for part in self.trusted_proxies.split(",") if part.strip())
