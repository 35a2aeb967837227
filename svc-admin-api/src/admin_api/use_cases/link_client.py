"""Whoever paid becomes a client of the merchant."""

from dataclasses import dataclass

from admin_api.domain.client import COLLECTION, EMAIL_FIELD, PARTY_FIELD, Client
from admin_api.ports import Tenancy
from gateway_contracts.events.transaction import Party, TransactionSucceededV1
from gateway_contracts.ids import new_object_id
from gateway_kit.mongo.unit_of_work import InboxKey, Tx


@dataclass(frozen=True)
class SucceededPayment:
    """A payment and who made it. ``named_client_id`` is the client that the merchant named at checkout."""

    message: InboxKey
    organization_id: str
    livemode: bool
    transaction_id: str
    party: Party
    country: str | None
    named_client_id: str | None = None


def paid_by(
    message: InboxKey, organization_id: str, livemode: bool, data: TransactionSucceededV1, party: Party
) -> SucceededPayment:
    """What this use case needs of the event."""
    return SucceededPayment(
        message=message,
        organization_id=organization_id,
        livemode=livemode,
        transaction_id=data.transaction_id,
        party=party,
        country=data.country or party.country,
        named_client_id=data.client_id,
    )


async def link_client(payment: SucceededPayment, *, tenancy: Tenancy) -> None:
    """Count the payment for the named client, or for the one with this e-mail address, or for a new one.

    Raises:
        AlreadyHandled: this event was counted before.
    """
    new_id = new_object_id()
    email = payment.party.email
    email_hash = (
        tenancy.keyring.search_hash(payment.organization_id, EMAIL_FIELD, email) if email and email.strip() else None
    )

    async def work(tx: Tx) -> None:
        known = await _known(payment, email_hash, tenancy, tx)
        if known is not None:
            await tenancy.clients.replace(tx, known, _counted(known, payment, tenancy, tx))
        elif email_hash is not None:
            await tenancy.clients.insert(tx, _new_client(new_id, email_hash, payment, tenancy, tx))

    await tenancy.uow.run(work, inbox=payment.message)


async def _known(payment: SucceededPayment, email_hash: str | None, tenancy: Tenancy, tx: Tx) -> Client | None:
    known = None
    if payment.named_client_id is not None:
        known = await tenancy.clients.find(
            payment.organization_id, payment.named_client_id, livemode=payment.livemode, tx=tx
        )
    if known is None and email_hash is not None:
        known = await tenancy.clients.find_by_email(
            payment.organization_id, email_hash, livemode=payment.livemode, tx=tx
        )
    return known


def _counted(known: Client, payment: SucceededPayment, tenancy: Tenancy, tx: Tx) -> Client:
    before = _party_of(known, tenancy)
    entered = payment.party.model_dump(exclude_none=True)
    # The address that found the client stays; a named client may pay with another one.
    merged = Party.model_validate({**before.model_dump(exclude_none=True), **entered, "email": before.email})
    sealed = tenancy.keyring.encrypt(known.organization_id, COLLECTION, known.id, PARTY_FIELD, merged.wire_json())
    return known.paid(payment.transaction_id, party=sealed, country=payment.country, at=tx.now)


def _party_of(client: Client, tenancy: Tenancy) -> Party:
    if client.party is None:
        return Party()
    text = tenancy.keyring.decrypt(client.party, client.organization_id, COLLECTION, client.id, PARTY_FIELD)
    return Party.model_validate_json(text)


def _new_client(new_id: str, email_hash: str, payment: SucceededPayment, tenancy: Tenancy, tx: Tx) -> Client:
    sealed = tenancy.keyring.encrypt(
        payment.organization_id, COLLECTION, new_id, PARTY_FIELD, payment.party.wire_json()
    )
    return Client(
        id=new_id,
        organization_id=payment.organization_id,
        livemode=payment.livemode,
        party=sealed,
        email_hash=email_hash,
        country=payment.country,
        payments=1,
        transaction_ids=(payment.transaction_id,),
        created_at=tx.now,
        updated_at=tx.now,
    )
