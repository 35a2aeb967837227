"""An organization says how its messages leave, and what is announced."""

import asyncio
import json
from typing import Any

from gateway_contracts.aggregates import Scope
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.errors import ChangedMeanwhile
from gateway_contracts.requests.notify import SECRETS, PutSettings
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx
from notify.domain.setting import COLLECTION, NotificationSettings, default_settings, settings_id
from notify.domain.signing import DkimPair, signing_domain
from notify.errors import SettingRefused
from notify.ports import Deps
from notify.use_cases.settings_of import settings_of, team_of

_PLAIN = (
    "smtp_host",
    "smtp_port",
    "smtp_security",
    "smtp_user",
    "sender_address",
    "sender_name",
    "locale",
    "reply_to",
    "retention_days",
)
_EVENTS = ("customer_events", "team_events", "slack_events")
_LOG_IN = ("smtp_host", "smtp_port", "smtp_security", "smtp_user")


async def put_settings(command: PutSettings, *, scope: Scope, operation_id: str, deps: Deps) -> NotificationSettings:
    """The new settings of the mode. A password stays only with the server that it was given for.

    Raises:
        SettingRefused: a server or webhook that may not be used, or one that is missing.
        ChangedMeanwhile: they were changed at the same moment.
    """
    store = deps.stores.settings
    known = await settings_of(scope, deps.stores)
    asked = _complete(known, command, scope=scope, deps=deps)
    pair = await asyncio.to_thread(deps.new_dkim_pair) if _needs_key(known, asked) else None

    async def work(tx: Tx) -> NotificationSettings:
        before = await store.get(tx, scope, settings_id(scope))
        present = before or default_settings(scope)
        wanted = _complete(present, command, scope=scope, deps=deps)
        _check(wanted, deps)
        after = _changed(present, wanted, pair, deps).changed(updated_at=tx.now)
        if before is None:
            first = after.changed(version=1)
            store.insert(tx, first)
            return first
        return store.replace(tx, before, after)

    try:
        return await deps.uow.run(work, operation=Operation(operation_id, settings_id(scope)))
    except OperationReplayed:
        return await settings_of(scope, deps.stores)


def _complete(before: NotificationSettings, command: PutSettings, *, scope: Scope, deps: Deps) -> PutSettings:
    """The command with all its values but secrets: kept ones as they are stored, others that are null by default."""
    fresh = default_settings(scope)
    values: dict[str, Any] = {}
    for name in (*_PLAIN, "dkim_selector", *_EVENTS):
        given = getattr(command, name)
        values[name] = getattr(before if name in command.kept else fresh, name) if given is None else given
    if command.team_addresses is None and "team_addresses" in command.kept:
        values["team_addresses"] = team_of(before, deps.sealer)
    return command.model_copy(update=values)


def _check(command: PutSettings, deps: Deps) -> None:
    if command.smtp_host is not None:
        if command.sender_address is None:
            raise SettingRefused("senderAddress", "is required with smtpHost")
        if problem := deps.channels.server_problem(command.smtp_host, command.smtp_security or "starttls"):
            raise SettingRefused(*problem)
    if command.dkim_selector is not None:
        if command.smtp_host is None:
            raise SettingRefused("dkimSelector", "is for mail of your own server: smtpHost is required")
        if signing_domain(command.sender_address or "") is None:
            raise SettingRefused("senderAddress", "has a domain that DNS has no form for")
    if command.team_events and not command.team_addresses:
        raise SettingRefused("teamAddresses", "at least one is required with teamEvents")
    url = command.slack_webhook_url
    if url is not None and not deps.channels.is_slack_url(url):
        raise SettingRefused("slackWebhookUrl", "is no address of an incoming webhook that this installation allows")
    if command.slack_events and url is None and "slack_webhook_url" not in command.kept:
        raise SettingRefused("slackWebhookUrl", "is required with slackEvents")


def _needs_key(before: NotificationSettings, command: PutSettings) -> bool:
    """Whether the selector or the domain is another one."""
    wanted = (command.dkim_selector, signing_domain(command.sender_address or ""))
    return command.dkim_selector is not None and wanted != (before.dkim_selector, before.dkim_domain)


def _signing(before: NotificationSettings, command: PutSettings, pair: DkimPair | None, deps: Deps) -> dict[str, Any]:
    """The key of the selector: the one that there is, the new one, or none.

    Raises:
        ChangedMeanwhile: another request has changed the selector since it was read.
    """
    if command.dkim_selector is None:
        return dict.fromkeys(("dkim_selector", "dkim_domain", "dkim_key", "dkim_public"))
    if not _needs_key(before, command):
        return {}
    if pair is None:
        raise ChangedMeanwhile
    return {
        "dkim_selector": command.dkim_selector,
        "dkim_domain": signing_domain(command.sender_address or ""),
        "dkim_key": deps.sealer.seal(before.organization_id, COLLECTION, before.id, "dkim_key", pair.private_key),
        "dkim_public": pair.public_key,
    }


def _changed(
    before: NotificationSettings, command: PutSettings, pair: DkimPair | None, deps: Deps
) -> NotificationSettings:
    plain: dict[str, Any] = {name: getattr(command, name) for name in _PLAIN}
    events = {name: tuple(dict.fromkeys(getattr(command, name))) for name in _EVENTS}

    def sealed(field: str, text: str) -> EncryptedValue:
        return deps.sealer.seal(before.organization_id, COLLECTION, before.id, field, text)

    secrets: dict[str, EncryptedValue | None] = {}
    for name in SECRETS:
        given = getattr(command, name)
        secrets[name] = getattr(before, name) if name in command.kept else given and sealed(name, given)
    is_other_server = any(getattr(before, name) != getattr(command, name) for name in _LOG_IN)
    if "smtp_password" in command.kept and before.smtp_password is not None and is_other_server:
        raise SettingRefused("smtpPassword", "give it again: host, port, security or user changed")
    if command.slack_events and secrets["slack_webhook_url"] is None:
        raise SettingRefused("slackWebhookUrl", "is required with slackEvents")
    addresses = command.team_addresses
    team = sealed("team_addresses", json.dumps(list(dict.fromkeys(addresses)))) if addresses else None
    signing = _signing(before, command, pair, deps)
    return before.changed(**plain, **events, **secrets, **signing, team_addresses=team)
