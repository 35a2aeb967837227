"""Settings of one mode of an organization: its mail server, and what is announced to whom."""

from datetime import datetime
from typing import Final

from gateway_contracts.aggregates import Aggregate, Scope
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.languages import Language
from gateway_contracts.notification_fields import RETENTION_DAYS_DEFAULT, MailSecurity

COLLECTION: Final = "settings"


class NotificationSettings(Aggregate):
    """The settings. Without a stored object the defaults hold: nothing is announced.

    Attributes:
        dkim_key: private key of that selector and domain, as PEM. ``dkim_public``: the public one for the record.
        team_addresses: encrypted JSON list.
    """

    livemode: bool
    smtp_host: str | None = None
    smtp_port: int = 587
    smtp_security: MailSecurity = "starttls"
    smtp_user: str | None = None
    smtp_password: EncryptedValue | None = None
    sender_address: str | None = None
    dkim_selector: str | None = None
    dkim_domain: str | None = None
    dkim_key: EncryptedValue | None = None
    dkim_public: str | None = None
    sender_name: str | None = None
    locale: Language = "en"
    reply_to: str | None = None
    customer_events: tuple[str, ...] = ()
    team_events: tuple[str, ...] = ()
    team_addresses: EncryptedValue | None = None
    slack_events: tuple[str, ...] = ()
    slack_webhook_url: EncryptedValue | None = None
    retention_days: int = RETENTION_DAYS_DEFAULT
    updated_at: datetime | None = None

    def announces(self, kind: str) -> bool:
        """Whether it has recipients by these settings."""
        return kind in self.customer_events or kind in self.team_events or kind in self.slack_events


def settings_id(scope: Scope) -> str:
    """Where the settings of a mode are stored."""
    return f"{scope.organization_id}:{'live' if scope.mode else 'test'}"


def default_settings(scope: Scope) -> NotificationSettings:
    """The settings before anything was set."""
    return NotificationSettings(
        id=settings_id(scope), organization_id=scope.organization_id, livemode=scope.mode, version=0
    )
