"""Settings of svc-transaction."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import Field, create_model

from gateway_kit.settings import DatabaseSettings
from gateway_providers.registry import PROVIDERS

_BASES = {name: f"{name}_api_base" for name in PROVIDERS}

if TYPE_CHECKING:
    _ProviderSettings = DatabaseSettings
else:
    # ``STRIPE_API_BASE`` and so on, one for each provider. None: the provider's public interface, for test and live as
    # it has them.
    _fields: dict[str, Any] = {field: (str | None, None) for field in _BASES.values()}
    _ProviderSettings = create_model("_ProviderSettings", __base__=DatabaseSettings, **_fields)


class Settings(_ProviderSettings):
    """The common variables and this service's own."""

    # Origin of webhook URLs for providers that take one with each payment (Mollie); empty: as their dashboard says.
    main_backend_origin: str = ""
    # How long an expired session, an unanswered call or a parked event may wait for its job to look.
    job_interval_s: float = 5.0
    # When a call to a provider without an outcome is asked about for the first time; then after an hour, then daily.
    janitor_first_s: float = 300.0
    janitor_second_s: float = 3600.0

    # How long a refund may be missing at its provider, looked for so many times, before it becomes a case.
    refund_missing_after_s: float = Field(default=259_200.0, gt=0)
    refund_missing_looks: int = Field(default=3, ge=1, le=100)

    @property
    def api_bases(self) -> dict[str, str | None]:
        """Where each provider's interface is, by type."""
        return {name: getattr(self, field) or None for name, field in _BASES.items()}

    # Pause between two batches of transactions whose books are checked.
    verify_interval_s: float = 2.0

    @property
    def janitor_first(self) -> timedelta:
        return timedelta(seconds=self.janitor_first_s)

    @property
    def refund_missing(self) -> timedelta:
        return timedelta(seconds=self.refund_missing_after_s)

    @property
    def janitor_second(self) -> timedelta:
        return timedelta(seconds=self.janitor_second_s)
