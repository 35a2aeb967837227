"""A client as its merchant describes it: made, changed, forgotten."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from admin_api.payments.domain.client import COLLECTION, EMAIL_FIELD, PARTY_FIELD, TAX_FIELD, Client
from admin_api.payments.ports import Payments
from admin_api.shared.domain.audit import HIDDEN
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.errors import not_found
from admin_api.shared.use_cases.run_once import run_once
from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.errors import Conflict
from gateway_contracts.events.transaction import Party
from gateway_kit.mongo.unit_of_work import Operation, Tx


@dataclass(frozen=True)
class ClientProfile:
    """The client's name, address and tax data, in clear. ``tax`` is the tax block without the tax id."""

    party: Party
    tax: dict[str, Any]


async def create_client(profile: ClientProfile, *, actor: Actor, attempt: Attempt, tenancy: Payments) -> Client:
    """A client of the actor's organization and mode.

    Raises:
        Conflict: there is one with this e-mail address.
    """
    identifier = attempt.object_id
    party, tax = _sealed(actor.organization_id, identifier, profile, tenancy)
    hashed = _email_hash(actor.organization_id, profile, tenancy)

    async def work(tx: Tx) -> Client:
        await _check_unique(None, hashed, actor, tenancy, tx)
        client = Client(
            id=identifier,
            organization_id=actor.organization_id,
            livemode=actor.livemode,
            party=party,
            tax=tax,
            email_hash=hashed,
            country=profile.party.country,
            payments=0,
            transaction_ids=(),
            created_at=tx.now,
            updated_at=tx.now,
        )
        tenancy.clients.add(tx, client)
        await tenancy.audit.note(tx, actor, "client.create", identifier)
        return client

    async def existing(client_id: str) -> Client:
        return await find_client(client_id, actor=actor, tenancy=tenancy)

    operation = Operation(attempt.operation_id, identifier)
    return await run_once(tenancy.uow, work, operation=operation, again=existing)


async def update_client(
    client_id: str, party_changes: dict[str, Any], tax_changes: dict[str, Any], *, actor: Actor, tenancy: Payments
) -> Client:
    """Set the given facts; None removes one, what is not given stays.

    Raises:
        NotFound: not a client of the actor's organization and mode.
        Conflict: another client has this e-mail address.
    """

    def changed(known: ClientProfile) -> ClientProfile:
        return ClientProfile(
            party=known.party.model_copy(update=party_changes),
            tax={name: value for name, value in {**known.tax, **tax_changes}.items() if value is not None},
        )

    names = {*party_changes, *tax_changes}
    return await _describe(client_id, changed, names, actor=actor, tenancy=tenancy)


async def replace_client(client_id: str, profile: ClientProfile, *, actor: Actor, tenancy: Payments) -> Client:
    """Put another description in the place of the present one.

    Raises:
        NotFound: not a client of the actor's organization and mode.
        Conflict: another client has this e-mail address.
    """
    names = {*Party.model_fields, *profile.tax}
    return await _describe(client_id, lambda _known: profile, names, actor=actor, tenancy=tenancy)


async def _describe(
    client_id: str,
    change: Callable[[ClientProfile], ClientProfile],
    names: Collection[str],
    *,
    actor: Actor,
    tenancy: Payments,
) -> Client:
    async def work(tx: Tx) -> Client:
        before = await find_client(client_id, actor=actor, tenancy=tenancy, tx=tx)
        profile = change(read_profile(before, tenancy))
        party, tax = _sealed(before.organization_id, before.id, profile, tenancy)
        hashed = _email_hash(before.organization_id, profile, tenancy)
        await _check_unique(before, hashed, actor, tenancy, tx)
        after = before.described(party=party, tax=tax, email_hash=hashed, country=profile.party.country, at=tx.now)
        after = tenancy.clients.change(tx, before, after)
        changed = dict.fromkeys(sorted(names), HIDDEN)
        await tenancy.audit.note(tx, actor, "client.update", client_id, changes=changed)
        return after

    return await tenancy.uow.run(work)


async def delete_client(client_id: str, *, actor: Actor, tenancy: Payments) -> None:
    """Forget who the client is; payments and documents stay with their own services.

    Raises:
        NotFound: not a client of the actor's organization and mode.
    """

    async def work(tx: Tx) -> None:
        client = await find_client(client_id, actor=actor, tenancy=tenancy, tx=tx)
        tenancy.clients.delete(tx, client)
        await tenancy.audit.note(tx, actor, "client.delete", client_id)

    await tenancy.uow.run(work)


async def find_client(client_id: str, *, actor: Actor, tenancy: Payments, tx: Tx | None = None) -> Client:
    """
    Raises:
        NotFound: not a client of the actor's organization and mode.
    """
    client = await tenancy.clients.get(tx, Scope(actor.organization_id, actor.livemode), client_id)
    if client is None:
        raise not_found("client")
    return client


def read_profile(client: Client, tenancy: Payments) -> ClientProfile:
    """The client in clear."""
    party, tax = Party(), {}
    if client.party is not None:
        party = Party.model_validate_json(_opened(client, client.party, PARTY_FIELD, tenancy))
    if client.tax is not None:
        tax = json.loads(_opened(client, client.tax, TAX_FIELD, tenancy))
    return ClientProfile(party, tax)


def _opened(client: Client, value: EncryptedValue, field: str, tenancy: Payments) -> bytes:
    return tenancy.keyring.decrypt(value, client.organization_id, COLLECTION, client.id, field)


def _sealed(
    organization_id: str, client_id: str, profile: ClientProfile, tenancy: Payments
) -> tuple[EncryptedValue, EncryptedValue | None]:
    keyring = tenancy.keyring
    party = keyring.encrypt(organization_id, COLLECTION, client_id, PARTY_FIELD, profile.party.wire_json())
    if not profile.tax:
        return party, None
    return party, keyring.encrypt(organization_id, COLLECTION, client_id, TAX_FIELD, json.dumps(profile.tax))


def _email_hash(organization_id: str, profile: ClientProfile, tenancy: Payments) -> str | None:
    email = profile.party.email
    return tenancy.keyring.search_hash(organization_id, EMAIL_FIELD, email) if email else None


async def _check_unique(known: Client | None, hashed: str | None, actor: Actor, tenancy: Payments, tx: Tx) -> None:
    if hashed is None or (known is not None and known.email_hash == hashed):
        return
    other = await tenancy.clients.by_email(tx, Scope(actor.organization_id, actor.livemode), hashed)
    if other is not None:
        raise Conflict("a client with this e-mail address exists already", code="CLIENT_EXISTS", clientId=other.id)
