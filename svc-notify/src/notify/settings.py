"""Settings of svc-notify."""

from typing import Self

from pydantic import Field, SecretStr, model_validator

from gateway_contracts.languages import Language
from gateway_contracts.notification_fields import MailSecurity
from gateway_kit.settings import DatabaseSettings
from notify.adapters.dkim_keys import read_private_key
from notify.domain.outgoing import Sender
from notify.domain.signing import DkimKey, signing_domain
from notify.ports import MailServer


class Settings(DatabaseSettings):
    """The shared settings of a service with a database, and the installation's mail server.

    ``notify_allow_private_targets`` lets organizations name private addresses and plain http, for development.
    ``notify_allow_plain_smtp`` lets mail leave this host without TLS.
    ``notify_language`` is that of mail to those who run the installation.
    """

    notify_smtp_host: str = ""
    notify_smtp_port: int = Field(587, ge=1, le=65_535)
    notify_smtp_security: MailSecurity = "starttls"
    notify_smtp_user: str = ""
    notify_smtp_password: SecretStr = SecretStr("")
    notify_sender_address: str = ""
    notify_dkim_selector: str = ""
    notify_dkim_key: SecretStr = SecretStr("")
    notify_language: Language = "en"
    notify_allow_private_targets: bool = False
    notify_allow_plain_smtp: bool = False
    notify_slack_hosts: str = "hooks.slack.com"
    notify_concurrency: int = Field(32, ge=4)
    notify_concurrency_per_organization: int = Field(4, ge=1)
    notify_per_minute_per_organization: int = Field(600, ge=1)
    notify_interval_s: float = Field(1.0, gt=0)

    @model_validator(mode="after")
    def _sender_is_named(self) -> Self:
        if self.notify_smtp_host and not self.notify_sender_address:
            raise ValueError("NOTIFY_SENDER_ADDRESS is required with NOTIFY_SMTP_HOST")
        return self

    @model_validator(mode="after")
    def _key_is_usable(self) -> Self:
        key = self.notify_dkim_key.get_secret_value()
        if bool(key) != bool(self.notify_dkim_selector):
            raise ValueError("NOTIFY_DKIM_SELECTOR and NOTIFY_DKIM_KEY belong together")
        if key:
            try:
                read_private_key(key)
            except ValueError as exc:
                raise ValueError(f"NOTIFY_DKIM_KEY {exc}") from None
        return self

    @property
    def slack_hosts(self) -> frozenset[str]:
        """Hosts of incoming webhooks."""
        return frozenset(part.strip().lower() for part in self.notify_slack_hosts.split(",") if part.strip())

    @property
    def installation_name(self) -> str:
        """For those who run it: the domain that its mail is from."""
        return self.notify_sender_address.rpartition("@")[2]

    @property
    def installation_server(self) -> MailServer | None:
        """The mail server of organizations without one of their own."""
        if not self.notify_smtp_host:
            return None
        return MailServer(
            self.notify_smtp_host,
            self.notify_smtp_port,
            self.notify_smtp_security,
            Sender(self.notify_sender_address),
            self.notify_smtp_user or None,
            self.notify_smtp_password.get_secret_value() or None,
            is_operators=True,
            dkim=self._dkim,
        )

    @property
    def _dkim(self) -> DkimKey | None:
        domain = signing_domain(self.notify_sender_address)
        if not self.notify_dkim_selector or domain is None:
            return None
        return DkimKey(domain, self.notify_dkim_selector, read_private_key(self.notify_dkim_key.get_secret_value()))
