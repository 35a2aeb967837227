"""Settings of this service: the common ones, and no database."""

from typing import Self

from pydantic import model_validator

from gateway_kit.settings import KitSettings


class Settings(KitSettings):
    """Everything comes from the environment."""

    webhook_concurrent_max: int = 4_000
    """Webhooks that one process works on at the same time; further ones get 503."""
    paypal_cert_hosts: str = ""
    """Origins, separated by commas, that may hold certificates of webhooks beside the provider's own: simulators, in
    development. The variable has the name of the only provider that signs with certificates."""

    @property
    def certificate_origins(self) -> tuple[str, ...]:
        """``paypal_cert_hosts`` one by one."""
        return tuple(origin.strip() for origin in self.paypal_cert_hosts.split(",") if origin.strip())

    @model_validator(mode="after")
    def check_certificate_origins(self) -> Self:
        """The origin of certificates decides what is genuine."""
        if self.environment == "production" and self.certificate_origins:
            raise ValueError("PAYPAL_CERT_HOSTS is for development only")
        return self
