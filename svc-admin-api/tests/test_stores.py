"""The stores of svc-admin-api pass the conformance suites of the kernel, in MongoDB and in memory."""

import secrets
from typing import Any

import pytest
import pytest_asyncio

from admin_api.encryption.domain.kms_settings import KmsSettings
from admin_api.encryption.store.documents import KmsSettingsDocument
from admin_api.payments.domain.client import Client
from admin_api.payments.store.documents import ClientDocument
from admin_api.people.domain.member import Member, Person
from admin_api.people.domain.passkey import Passkey
from admin_api.people.domain.session import Session
from admin_api.people.store.documents import MemberDocument, PasskeyDocument, PersonDocument, SessionDocument
from admin_api.tenancy.domain.api_key import ApiKey
from admin_api.tenancy.domain.records import Kept, next_version
from admin_api.tenancy.store.documents import ApiKeyDocument, SiteDocument
from gateway_contracts.aggregates import Aggregate, Entity, Scope
from gateway_contracts.config import SiteConfig
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.ids import new_object_id
from gateway_kit.mongo.documents import StoredDocument
from gateway_testkit.clock import START
from gateway_testkit.global_store_conformance import (
    GlobalPlace,
    GlobalStoreConformance,
    global_in_memory,
    global_in_mongodb,
)
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.store_conformance import StoreConformance, StorePlace, in_memory, in_mongodb

SEALED = EncryptedValue(v=1, p="system", c="AAAA")


class MembersConform(StoreConformance[Member]):
    def new(self, organization_id: str, **fields: Any) -> Member:
        values = {
            "id": new_object_id(),
            "organization_id": organization_id,
            "person_id": new_object_id(),
            "role": "viewer",
            "state": "active",
            "created_at": START,
            "updated_at": START,
        }
        return Member.model_validate(values | fields)

    def change(self, aggregate: Member) -> Member:
        return aggregate.with_role("admin", START)

    @classmethod
    def document_under_test(cls) -> type[StoredDocument]:
        return MemberDocument


class ApiKeysConform(StoreConformance[ApiKey]):
    def new(self, organization_id: str, **fields: Any) -> ApiKey:
        values = {
            "id": new_object_id(),
            "kind": "organization",
            "organization_id": organization_id,
            "livemode": True,
            "label": "test",
            "scopes": ("*:*",),
            "secret_hash": "hash",
            "created_at": START,
        }
        return ApiKey.model_validate(values | fields)

    def change(self, aggregate: ApiKey) -> ApiKey:
        return aggregate.revoked(START)

    @classmethod
    def document_under_test(cls) -> type[StoredDocument]:
        return ApiKeyDocument


class ClientsConform(StoreConformance[Client]):
    def new(self, organization_id: str, **fields: Any) -> Client:
        values = {
            "id": new_object_id(),
            "organization_id": organization_id,
            "livemode": True,
            "party": SEALED,
            "email_hash": secrets.token_hex(8),
            "payments": 1,
            "transaction_ids": (new_object_id(),),
            "created_at": START,
            "updated_at": START,
        }
        return Client.model_validate(values | fields)

    def change(self, aggregate: Client) -> Client:
        return aggregate.paid(new_object_id(), party=None, country="DE", at=START).changed(transaction_ids=())

    def scope(self, organization_id: str) -> Scope:
        return Scope(organization_id, livemode=True)

    @classmethod
    def document_under_test(cls) -> type[StoredDocument]:
        return ClientDocument


class SitesConform(StoreConformance[Kept[SiteConfig]]):
    def new(self, organization_id: str, **fields: Any) -> Kept[SiteConfig]:
        site = SiteConfig(
            id=new_object_id(), organization_id=organization_id, version=1, name="Shop", ipn_secrets={"live": (SEALED,)}
        )
        kept = Kept[SiteConfig].new(site, START)
        return Kept[SiteConfig].model_validate({**vars(kept), **fields})

    def change(self, aggregate: Kept[SiteConfig]) -> Kept[SiteConfig]:
        return aggregate.with_record(next_version(aggregate.record, name="Other"), START)

    @classmethod
    def document_under_test(cls) -> type[StoredDocument]:
        return SiteDocument


class PersonsConform(GlobalStoreConformance[Person]):
    def new(self) -> Person:
        return Person(id=new_object_id(), email=SEALED, email_hash=secrets.token_hex(8), name=None, created_at=START)

    def change(self, entity: Person) -> Person:
        return entity.changed(name=SEALED)

    def stored(self, entity: Person) -> Person:
        return entity.changed(version=entity.version + 1)


class SessionsConform(GlobalStoreConformance[Session]):
    def new(self) -> Session:
        return Session(
            id=new_object_id(),
            person_id=new_object_id(),
            passkey_id="passkey",
            refresh_hash="hash",
            created_at=START,
            used_at=START,
            expires_at=START,
        )

    def change(self, entity: Session) -> Session:
        return entity.refreshed("next", START, "client")


class PasskeysConform(GlobalStoreConformance[Passkey]):
    def new(self) -> Passkey:
        return Passkey(
            id=secrets.token_urlsafe(16),
            person_id=new_object_id(),
            public_key=b"\x00\xff",
            sign_count=7,
            label=SEALED,
            is_synced=False,
            created_at=START,
        )

    def change(self, entity: Passkey) -> Passkey:
        return entity.changed(sign_count=entity.sign_count + 1, last_used_at=START)


class SettingsOfKmsConform(GlobalStoreConformance[KmsSettings]):
    def new(self) -> KmsSettings:
        return KmsSettings.of(new_object_id())

    def change(self, entity: KmsSettings) -> KmsSettings:
        return entity.with_config(None)


def in_both_places(suite: type[Any], document: type[Aggregate]) -> tuple[type[Any], type[Any]]:
    """The suite of a document over rows in memory, and over those of MongoDB."""

    class InMemory(suite):  # type: ignore[misc]  # a suite that is chosen at run time
        @pytest.fixture
        def place(self) -> StorePlace[Any]:
            return in_memory(document)

    @pytest.mark.integration
    class InMongoDb(suite):  # type: ignore[misc]  # see above
        @pytest_asyncio.fixture
        async def place(self, database: TestDatabase) -> StorePlace[Any]:
            return await in_mongodb(document, database)

    return InMemory, InMongoDb


def in_both_global_places(suite: type[Any], document: type[Entity]) -> tuple[type[Any], type[Any]]:
    """The same for a document without a tenant."""

    class InMemory(suite):  # type: ignore[misc]  # see above
        @pytest.fixture
        def place(self) -> GlobalPlace[Any]:
            return global_in_memory(document)

    @pytest.mark.integration
    class InMongoDb(suite):  # type: ignore[misc]  # see above
        @pytest_asyncio.fixture
        async def place(self, database: TestDatabase) -> GlobalPlace[Any]:
            return await global_in_mongodb(document, database)

    return InMemory, InMongoDb


TestMembersInMemory, TestMembersInMongoDb = in_both_places(MembersConform, MemberDocument)
TestApiKeysInMemory, TestApiKeysInMongoDb = in_both_places(ApiKeysConform, ApiKeyDocument)
TestClientsInMemory, TestClientsInMongoDb = in_both_places(ClientsConform, ClientDocument)
TestSitesInMemory, TestSitesInMongoDb = in_both_places(SitesConform, SiteDocument)
TestPersonsInMemory, TestPersonsInMongoDb = in_both_global_places(PersonsConform, PersonDocument)
TestSessionsInMemory, TestSessionsInMongoDb = in_both_global_places(SessionsConform, SessionDocument)
TestPasskeysInMemory, TestPasskeysInMongoDb = in_both_global_places(PasskeysConform, PasskeyDocument)
TestSettingsInMemory, TestSettingsInMongoDb = in_both_global_places(SettingsOfKmsConform, KmsSettingsDocument)
