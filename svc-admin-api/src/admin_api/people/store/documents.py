"""The documents of people in MongoDB."""

from typing import ClassVar

from admin_api.people.domain.member import Member, Person
from admin_api.people.domain.passkey import BootstrapToken, Ceremony, Passkey
from admin_api.people.domain.session import Session, SigningKey
from gateway_contracts.collections import collection_of
from gateway_kit.mongo.documents import StoredDocument


class PersonDocument(Person, StoredDocument):
    """A person who may sign in, found by the keyed hash of the address."""

    collection: ClassVar = collection_of("gw_admin", "persons")


class MemberDocument(Member, StoredDocument):
    """A person's place in an organization, or among those who run the installation."""

    collection: ClassVar = collection_of("gw_admin", "members")


class PasskeyDocument(Passkey, StoredDocument):
    """A public key; a count of uses that goes back betrays a copy."""

    collection: ClassVar = collection_of("gw_admin", "passkeys")
    guard: ClassVar = ("sign_count",)


class CeremonyDocument(Ceremony, StoredDocument):
    """A challenge; a TTL index collects those that were not answered."""

    collection: ClassVar = collection_of("gw_admin", "auth_ceremonies")


class BootstrapDocument(BootstrapToken, StoredDocument):
    """The one token that makes the first operator."""

    collection: ClassVar = collection_of("gw_admin", "bootstrap_tokens")
    guard: ClassVar = ("token_hash", "spent_at")


class SessionDocument(Session, StoredDocument):
    """A sign-in; an ended one stays until its time is over, so that reuse is still seen."""

    collection: ClassVar = collection_of("gw_admin", "operator_sessions")
    guard: ClassVar = ("sequence", "ended_at")


class SigningKeyDocument(SigningKey, StoredDocument):
    """The name of a key that signs access tokens."""

    collection: ClassVar = collection_of("gw_admin", "session_keys")


DOCUMENTS = (
    PersonDocument,
    MemberDocument,
    PasskeyDocument,
    CeremonyDocument,
    BootstrapDocument,
    SessionDocument,
    SigningKeyDocument,
)
