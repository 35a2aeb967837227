"""Make the payer a client of the merchant."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from admin_api.payments.domain.client import COLLECTION, EMAIL_FIELD, PARTY_FIELD, Client, Payer
from admin_api.payments.ports import Payments
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
    """The parts of the event that this use case needs."""
    return SucceededPayment(
        message=message,
        organization_id=organization_id,
        livemode=livemode,
        transaction_id=data.transaction_id,
        party=party,
        country=data.country or party.country,
        named_client_id=data.client_id,
    )


async def link_clients(payments: Sequence[SucceededPayment], *, tenancy: Payments) -> list[None]:
    """Count each payment for the named client, or for the one with this e-mail address, or for a new one.

    Raises:
        AlreadyHandled: one of these events was counted before.
        Transient: another request changed one of the clients meanwhile.
    """
    payers = [_payer(payment, tenancy) for payment in payments]

    async def work(tx: Tx) -> list[None]:
        before = {client.id: client for client in await tenancy.clients.payers(tx, payers)}
        after = dict(before)
        for payment, payer in zip(payments, payers, strict=True):
            known = _known(after.values(), payer)
            if known is not None:
                after[known.id] = _counted(known, payment, tenancy, tx)
            elif payer.email_hash is not None:
                made = _new_client(payer.email_hash, payment, tenancy, tx)
                after[made.id] = made
        for client in after.values():
            if client.id not in before:
                tenancy.clients.add(tx, client)
            elif client is not before[client.id]:
                tenancy.clients.change(tx, before[client.id], client)
        return [None] * len(payments)

    return await tenancy.uow.run(work, inbox=[payment.message for payment in payments])


def _payer(payment: SucceededPayment, tenancy: Payments) -> Payer:
    email, organization_id = payment.party.email, payment.organization_id
    email_hash = tenancy.keyring.search_hash(organization_id, EMAIL_FIELD, email) if email and email.strip() else None
    return Payer(organization_id, payment.livemode, payment.named_client_id, email_hash)


def _known(clients: Iterable[Client], payer: Payer) -> Client | None:
    tenant = (payer.organization_id, payer.livemode)
    theirs = [each for each in clients if (each.organization_id, each.livemode) == tenant]
    named = [each for each in theirs if each.id == payer.named_client_id]
    same_address = [each for each in theirs if payer.email_hash is not None and each.email_hash == payer.email_hash]
    return next(iter(named + same_address), None)


def _counted(known: Client, payment: SucceededPayment, tenancy: Payments, tx: Tx) -> Client:
    before = _party_of(known, tenancy)
    entered = payment.party.model_dump(exclude_none=True)
    # The address that found the client stays; a named client may pay with another one.
    merged = Party.model_validate({**before.model_dump(exclude_none=True), **entered, "email": before.email})
    sealed = tenancy.keyring.encrypt(known.organization_id, COLLECTION, known.id, PARTY_FIELD, merged.wire_json())
    return known.paid(payment.transaction_id, party=sealed, country=payment.country, at=tx.now)


def _party_of(client: Client, tenancy: Payments) -> Party:
    if client.party is None:
        return Party()
    text = tenancy.keyring.decrypt(client.party, client.organization_id, COLLECTION, client.id, PARTY_FIELD)
    return Party.model_validate_json(text)


def _new_client(email_hash: str, payment: SucceededPayment, tenancy: Payments, tx: Tx) -> Client:
    new_id = new_object_id()
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
