"""The documents of svc-notify in MongoDB."""

from typing import ClassVar

from gateway_contracts.collections import collection_of
from gateway_kit.mongo.documents import StoredDocument
from gateway_kit.mongo.rows import MongoRows, RowsOf
from gateway_kit.mongo.store import Store
from notify.domain.message import Message, OperatorMessage
from notify.domain.setting import NotificationSettings
from notify.domain.template import Template
from notify.ports import Stores


class MessageDocument(Message, StoredDocument):
    """One message; the database removes it after its retention."""

    collection: ClassVar = collection_of("gw_notify", "messages")


class OperatorMessageDocument(OperatorMessage, StoredDocument):
    """One message to a person who runs the installation."""

    collection: ClassVar = collection_of("gw_notify", "operator_messages")


class SettingsDocument(NotificationSettings, StoredDocument):
    """The settings of one mode of an organization."""

    collection: ClassVar = collection_of("gw_notify", "settings")


class TemplateDocument(Template, StoredDocument):
    """One revision of a template."""

    collection: ClassVar = collection_of("gw_notify", "templates")


DOCUMENTS = (MessageDocument, OperatorMessageDocument, SettingsDocument, TemplateDocument)


def stores_over(rows: RowsOf = MongoRows) -> Stores:
    """The stores of the service, in MongoDB or in memory."""
    return Stores(
        messages=Store(MessageDocument, rows(MessageDocument)),
        operator_messages=Store(OperatorMessageDocument, rows(OperatorMessageDocument)),
        settings=Store(SettingsDocument, rows(SettingsDocument)),
        templates=Store(TemplateDocument, rows(TemplateDocument)),
    )
