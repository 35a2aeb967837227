"""The settings of a mode, and what follows from them."""

import json
from dataclasses import replace

from gateway_contracts.aggregates import Scope
from notify.domain.outgoing import Sender
from notify.domain.setting import COLLECTION, NotificationSettings, default_settings, settings_id
from notify.domain.signing import DkimKey
from notify.ports import Deps, MailServer, Sealer, Stores


async def settings_of(scope: Scope, stores: Stores) -> NotificationSettings:
    """The stored settings, or those that hold before anything was set."""
    whole = Scope(scope.organization_id, scope.mode)
    return await stores.settings.get(None, whole, settings_id(whole)) or default_settings(whole)


def team_of(settings: NotificationSettings, sealer: Sealer) -> tuple[str, ...]:
    """The team's addresses."""
    value = settings.team_addresses
    if value is None:
        return ()
    text = sealer.open(value, settings.organization_id, COLLECTION, settings.id, "team_addresses")
    return tuple(json.loads(text))


def slack_url_of(settings: NotificationSettings, sealer: Sealer) -> str | None:
    """The webhook's URL."""
    value = settings.slack_webhook_url
    if value is None:
        return None
    return sealer.open(value, settings.organization_id, COLLECTION, settings.id, "slack_webhook_url")


def mail_server_of(settings: NotificationSettings, organization: str, deps: Deps) -> MailServer | None:
    """The organization's own mail server, else the installation's; None where there is neither.

    Args:
        organization: its name, which the sender has unless the settings name one.
    """
    name = settings.sender_name or organization
    if settings.smtp_host is not None and settings.sender_address is not None:
        value = settings.smtp_password
        password = None
        if value is not None:
            password = deps.sealer.open(value, settings.organization_id, COLLECTION, settings.id, "smtp_password")
        return MailServer(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_security,
            Sender(settings.sender_address, name, settings.reply_to),
            settings.smtp_user,
            password,
            dkim=_dkim_of(settings, deps.sealer),
        )
    server = deps.channels.installation_server
    if server is None:
        return None
    sender = Sender(server.sender.address, name, settings.reply_to)
    return replace(server, sender=sender)


def _dkim_of(settings: NotificationSettings, sealer: Sealer) -> DkimKey | None:
    value = settings.dkim_key
    if value is None or settings.dkim_domain is None or settings.dkim_selector is None:
        return None
    key = sealer.open(value, settings.organization_id, COLLECTION, settings.id, "dkim_key")
    return DkimKey(settings.dkim_domain, settings.dkim_selector, key)
