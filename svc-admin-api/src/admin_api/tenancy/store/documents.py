"""The documents of tenancy in MongoDB."""

from typing import ClassVar

from admin_api.tenancy.domain.api_key import ApiKey
from admin_api.tenancy.domain.data_key import DataKey
from admin_api.tenancy.domain.records import Kept
from gateway_contracts.collections import collection_of
from gateway_contracts.config import OrganizationConfig, ProviderConfig, SiteConfig
from gateway_kit.mongo.documents import StoredDocument


class OrganizationDocument(Kept[OrganizationConfig], StoredDocument):
    """An organization; it serves both modes."""

    collection: ClassVar = collection_of("gw_admin", "organizations")
    has_modes: ClassVar = False


class SiteDocument(Kept[SiteConfig], StoredDocument):
    """A site; it serves both modes."""

    collection: ClassVar = collection_of("gw_admin", "sites")
    has_modes: ClassVar = False


class ProviderDocument(Kept[ProviderConfig], StoredDocument):
    """A provider of one mode; an organization is closed with those of both."""

    collection: ClassVar = collection_of("gw_admin", "providers")
    has_modes: ClassVar = False


class ApiKeyDocument(ApiKey, StoredDocument):
    """A key; people see those of both modes."""

    collection: ClassVar = collection_of("gw_admin", "api_keys")
    has_modes: ClassVar = False


class DataKeyDocument(DataKey, StoredDocument):
    """A wrapped data key. Deleting its row destroys what the key encrypted."""

    collection: ClassVar = collection_of("gw_admin", "deks")
    guard: ClassVar = ("record.wrapped", "record.active")


DOCUMENTS = (OrganizationDocument, SiteDocument, ProviderDocument, ApiKeyDocument, DataKeyDocument)
