"""``transaction.succeeded``: the payer becomes a client."""

from typing import Final

from admin_api.payments.ports import Payments
from admin_api.payments.use_cases.link_client import SucceededPayment, link_clients, paid_by
from gateway_contracts.envelope import Envelope
from gateway_contracts.events.transaction import Party, TransactionSucceededV1
from gateway_kit.mongo.group_commit import GroupCommit
from gateway_kit.mongo.unit_of_work import InboxKey
from gateway_kit.nats.consumers import EventRouter

DURABLE = "admin-on-transaction-succeeded"
_PARTY_FIELD = "party"
# Address books may wait; what customers and merchants wait for goes first.
LINGER_S: Final = 1.0


def router(tenancy: Payments) -> EventRouter:
    """The consumer of payments. Those that wait at the same moment share one database transaction."""

    async def write(payments: list[SucceededPayment]) -> list[None]:
        return await link_clients(payments, tenancy=tenancy)

    group = GroupCommit(write, linger_s=LINGER_S, lane=lambda paid: paid.organization_id)

    made = EventRouter()

    @made.subscriber(DURABLE)
    async def on_transaction_succeeded(event: Envelope[TransactionSucceededV1]) -> None:
        """Link the payment to its client.

        Raises:
            KeyUnavailable: the organization's key is not here yet; the message is tried again.
        """
        data = event.data
        party = Party()
        if data.party is not None:
            text = tenancy.keyring.decrypt(data.party, event.organization_id, data.TYPE, event.id, _PARTY_FIELD)
            party = Party.model_validate_json(text)
        await group.submit(paid_by(InboxKey(DURABLE, event.id), event.organization_id, event.livemode, data, party))

    return made
