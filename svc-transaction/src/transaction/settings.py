"""Settings of svc-transaction."""

from datetime import timedelta

from pydantic import Field

from gateway_kit.settings import DatabaseSettings


class Settings(DatabaseSettings):
    """The common variables and this service's own."""

    stripe_api_base: str = "https://api.stripe.com"
    # None: the provider's public interface, for test and live as it has them.
    mollie_api_base: str | None = None
    gocardless_api_base: str | None = None
    paypal_api_base: str | None = None
    wise_api_base: str | None = None
    # Where providers reach us, for those that are told it with each payment (Mollie); empty: as their dashboard says.
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
        return {
            "stripe": self.stripe_api_base,
            "mollie": self.mollie_api_base or None,
            "gocardless": self.gocardless_api_base or None,
            "paypal": self.paypal_api_base or None,
            "wise": self.wise_api_base or None,
        }

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
