"""``transaction.succeeded``: whoever paid becomes a client."""

from typing import Any

from admin_api.ports import Tenancy
from admin_api.use_cases.link_client import link_client, paid_by
from gateway_contracts.envelope import Envelope
from gateway_contracts.events.transaction import Party, TransactionSucceededV1
from gateway_kit.mongo.unit_of_work import InboxKey

DURABLE = "admin-on-transaction-succeeded"
_PARTY_FIELD = "party"


async def on_transaction_succeeded(event: Envelope[Any], *, tenancy: Tenancy) -> None:
    """
    Raises:
        AlreadyHandled: a redelivery.
        KeyUnavailable: the organization's key is not here yet; the message is delivered again.
    """
    data: TransactionSucceededV1 = event.data
    party = Party()
    if data.party is not None:
        text = tenancy.keyring.decrypt(data.party, event.organization_id, data.TYPE, event.id, _PARTY_FIELD)
        party = Party.model_validate_json(text)
    payment = paid_by(InboxKey(DURABLE, event.id), event.organization_id, event.livemode, data, party)
    await link_client(payment, tenancy=tenancy)
