"""Mail that a caller asks for: a document to its buyer, or a few words to try the settings."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.notify import SendDocument, SendTest
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx
from notify.domain.message import Message
from notify.domain.notice import Notice, Recipient
from notify.domain.setting import NotificationSettings
from notify.errors import DocumentNotIssued, MailNotConfigured, RecipientRequired
from notify.ports import Deps
from notify.use_cases.find_message import find_message
from notify.use_cases.plan_messages import message_of
from notify.use_cases.settings_of import mail_server_of, settings_of


async def send_document(
    command: SendDocument, *, scope: Scope, operation_id: str, correlation_id: str, deps: Deps
) -> Message:
    """The message with an issued document, which is sent as soon as its PDF is made. Idempotent on the operation id.

    Raises:
        NotFound: the scope has no such document.
        DocumentNotIssued: it is a draft.
        RecipientRequired: neither the caller nor the document names an address.
        MailNotConfigured: no mail can leave.
    """
    settings = await _settings(scope, deps)
    described = await deps.documents.describe(command.document, command.document_id, scope=scope)
    if described.issued_at is None:
        raise DocumentNotIssued
    address = command.to or described.email
    if not address:
        raise RecipientRequired
    notice = Notice(
        scope=scope,
        kind="credit_note.issued" if command.document == "credit_note" else "invoice.issued",
        object_id=command.document_id,
        customer=address,
        locale=None,
        correlation_id=correlation_id,
        site_id=described.site_id,
        document=command.document,
        facts={**described.facts, "message": command.message},
    )
    recipient = Recipient("email", "customer", address, settings.locale)
    return await _stored(command.notification_id, notice, recipient, settings, operation_id, deps)


async def send_test(command: SendTest, *, scope: Scope, operation_id: str, correlation_id: str, deps: Deps) -> Message:
    """A mail that only says that mail works. Idempotent on the operation id.

    Raises:
        MailNotConfigured: no mail can leave.
    """
    settings = await _settings(scope, deps)
    notice = Notice(
        scope=scope,
        kind="settings.test",
        object_id=scope.organization_id,
        customer=command.to,
        locale=None,
        correlation_id=correlation_id,
    )
    recipient = Recipient("email", "team", command.to, settings.locale)
    return await _stored(command.notification_id, notice, recipient, settings, operation_id, deps)


async def _settings(scope: Scope, deps: Deps) -> NotificationSettings:
    settings = await settings_of(scope, deps.stores)
    names = deps.organizations.names(scope)
    if mail_server_of(settings, names.organization, deps) is None:
        raise MailNotConfigured
    return settings


async def _stored(
    identifier: str,
    notice: Notice,
    recipient: Recipient,
    settings: NotificationSettings,
    operation_id: str,
    deps: Deps,
) -> Message:
    message = message_of(notice, recipient, settings, deps=deps, requested_as=identifier)

    async def work(tx: Tx) -> Message:
        deps.stores.messages.insert(tx, message)
        return message

    try:
        return await deps.uow.run(work, operation=Operation(operation_id, identifier))
    except OperationReplayed as replayed:
        return await find_message(replayed.entity_id, scope=notice.scope, store=deps.stores.messages)
