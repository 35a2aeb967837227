"""Create, change and delete organizations, sites and providers: guarded write, configuration, event, audit entry.

Each kind is declared once. A deletion is a change that sets ``deleted``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic

from admin_api.shared.domain.audit import record_differences
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.errors import not_found
from admin_api.shared.use_cases.run_once import run_once
from admin_api.tenancy.domain.records import Kept, R
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.store.records import Records
from gateway_contracts.actor import Actor
from gateway_contracts.config import OrganizationConfig, ProviderConfig, SiteConfig
from gateway_contracts.events.tenancy import (
    OrganizationCreatedV1,
    OrganizationUpdatedV1,
    ProviderCreatedV1,
    ProviderUpdatedV1,
    SiteCreatedV1,
    SiteDeletedV1,
    SiteUpdatedV1,
    TenancyChange,
)
from gateway_kit.mongo.unit_of_work import Operation, Tx


def _caller(_identifier: str, actor: Actor) -> str:
    return actor.organization_id


def _itself(identifier: str, _actor: Actor) -> str:
    return identifier


@dataclass(frozen=True)
class RecordKind(Generic[R]):
    """One kind of configuration record.

    Attributes:
        name: in audit actions and error codes.
        prefix: of its keys in the configuration bucket.
        store: where its records are.
        owner: the organization that a record belongs to, by its id and the actor.
    """

    name: str
    prefix: str
    store: Callable[[Tenancy], Records[R]]
    created: type[TenancyChange]
    updated: type[TenancyChange]
    deleted: type[TenancyChange]
    owner: Callable[[str, Actor], str] = _caller


ORGANIZATION: Final = RecordKind[OrganizationConfig](
    name="organization",
    prefix="org",
    store=lambda ports: ports.organizations,
    created=OrganizationCreatedV1,
    updated=OrganizationUpdatedV1,
    deleted=OrganizationUpdatedV1,
    owner=_itself,
)
SITE: Final = RecordKind[SiteConfig](
    name="site",
    prefix="site",
    store=lambda ports: ports.sites,
    created=SiteCreatedV1,
    updated=SiteUpdatedV1,
    deleted=SiteDeletedV1,
)
PROVIDER: Final = RecordKind[ProviderConfig](
    name="provider",
    prefix="provider",
    store=lambda ports: ports.providers,
    created=ProviderCreatedV1,
    updated=ProviderUpdatedV1,
    deleted=ProviderUpdatedV1,
)


async def find_record(
    kind: RecordKind[R], identifier: str, *, actor: Actor, tenancy: Tenancy, tx: Tx | None = None
) -> Kept[R]:
    """A record of the actor's organization, and of its mode where the kind has one.

    Raises:
        NotFound: there is none.
    """
    kept = await kind.store(tenancy).existing(kind.owner(identifier, actor), identifier, tx)
    if kept is None or getattr(kept.record, "livemode", actor.livemode) != actor.livemode:
        raise not_found(kind.name)
    return kept


async def insert_record(tx: Tx, kind: RecordKind[R], record: R, *, actor: Actor, tenancy: Tenancy) -> Kept[R]:
    """Store a new record within a transaction and publish it."""
    kept = Kept.new(record, tx.now)
    kind.store(tenancy).insert(tx, kept)
    owner = _publish(tx, kind, record, kind.created, actor)
    await tenancy.audit.note(tx, actor, f"{kind.name}.create", record.id, organization_id=owner)
    return kept


async def create_record(kind: RecordKind[R], record: R, *, actor: Actor, attempt: Attempt, tenancy: Tenancy) -> Kept[R]:
    """The same in a transaction of its own. A repeated operation gets what the first one made."""

    async def work(tx: Tx) -> Kept[R]:
        return await insert_record(tx, kind, record, actor=actor, tenancy=tenancy)

    async def existing(identifier: str) -> Kept[R]:
        return await find_record(kind, identifier, actor=actor, tenancy=tenancy)

    operation = Operation(attempt.operation_id, record.id)
    return await run_once(tenancy.uow, work, operation=operation, again=existing)


async def apply_change(
    tx: Tx,
    kind: RecordKind[R],
    identifier: str,
    change: Callable[[R], R],
    *,
    actor: Actor,
    action: str,
    tenancy: Tenancy,
) -> Kept[R]:
    """Apply ``change`` (pure; it may run again) within a transaction and publish the result.

    Raises:
        NotFound: there is no such record for the actor.
        Conflict: it was changed meanwhile.
    """
    before = await find_record(kind, identifier, actor=actor, tenancy=tenancy, tx=tx)
    after = change(before.record)
    kept = kind.store(tenancy).replace(tx, before, before.with_record(after, tx.now))
    owner = _publish(tx, kind, after, kind.deleted if after.deleted else kind.updated, actor)
    changes = record_differences(before.record, after)
    await tenancy.audit.note(tx, actor, action, after.id, organization_id=owner, changes=changes)
    return kept


async def change_record(
    kind: RecordKind[R],
    identifier: str,
    change: Callable[[R], R],
    *,
    actor: Actor,
    action: str,
    tenancy: Tenancy,
    attempt: Attempt | None = None,
) -> Kept[R]:
    """The same in a transaction of its own. A repeated operation changes nothing.

    Raises:
        NotFound: there is no such record for the actor.
        Conflict: it was changed meanwhile.
    """

    async def work(tx: Tx) -> Kept[R]:
        return await apply_change(tx, kind, identifier, change, actor=actor, action=action, tenancy=tenancy)

    async def existing(_identifier: str) -> Kept[R]:
        return await find_record(kind, identifier, actor=actor, tenancy=tenancy)

    operation = None if attempt is None else Operation(attempt.operation_id, identifier)
    return await run_once(tenancy.uow, work, operation=operation, again=existing)


def _publish(tx: Tx, kind: RecordKind[R], record: R, event: type[TenancyChange], actor: Actor) -> str:
    """Put the configuration record and the event into the outbox; the organization that they belong to."""
    owner = kind.owner(record.id, actor)
    tx.put_config(f"{kind.prefix}.{record.id}", record, version=record.version)
    tx.emit(
        event(object_id=record.id, occurred_at=tx.now),
        organization_id=owner,
        livemode=actor.livemode,
        entity_id=record.id,
        sequence=record.version,
    )
    return owner
