"""Settings of svc-notify."""

from typing import Self

from pydantic import Field, SecretStr, model_validator

from gateway_contracts.notification_fields import Language, MailSecurity
from gateway_kit.settings import DatabaseSettings
from notify.domain.outgoing import Sender
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
    notify_language: Language = "en"
    notify_allow_private_targets: bool = False
    notify_allow_plain_smtp: bool = False
    notify_slack_hosts: str = "hooks.slack.com"
    notify_concurrency: int = Field(32, ge=4)
    notify_concurrency_per_organization: int = Field(4, ge=1)
    notify_interval_s: float = Field(1.0, gt=0)

    @model_validator(mode="after")
    def _sender_is_named(self) -> Self:
        if self.notify_smtp_host and not self.notify_sender_address:
            raise ValueError("NOTIFY_SENDER_ADDRESS is required with NOTIFY_SMTP_HOST")
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
        )
