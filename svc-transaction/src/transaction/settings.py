"""Settings of svc-transaction."""

from datetime import timedelta

from gateway_kit.settings import DatabaseSettings


class Settings(DatabaseSettings):
    """The common variables and this service's own."""

    stripe_api_base: str = "https://api.stripe.com"
    main_frontend_origin: str = ""
    # How long an expired session, an unanswered call or a parked event may wait for its job to look.
    job_interval_s: float = 5.0
    # When a call to a provider without an outcome is asked about for the first time; then after an hour, then daily.
    janitor_first_s: float = 300.0
    janitor_second_s: float = 3600.0

    @property
    def janitor_first(self) -> timedelta:
        return timedelta(seconds=self.janitor_first_s)

    @property
    def janitor_second(self) -> timedelta:
        return timedelta(seconds=self.janitor_second_s)
