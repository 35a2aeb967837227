"""``transaction.succeeded``: whoever paid becomes a client."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from admin_api.payments.ports import Payments
from admin_api.payments.use_cases.link_client import SucceededPayment, link_clients, paid_by
from gateway_contracts.envelope import Envelope
from gateway_contracts.events.transaction import Party, TransactionSucceededV1
from gateway_kit.mongo.group_commit import GroupCommit
from gateway_kit.mongo.unit_of_work import InboxKey

DURABLE = "admin-on-transaction-succeeded"
_PARTY_FIELD = "party"
# Address books may wait; what customers and merchants wait for goes first.
LINGER_S: Final = 1.0


def on_transaction_succeeded(tenancy: Payments) -> Callable[[Envelope[Any]], Awaitable[None]]:
    """The handler. Payments that wait at the same moment share one database transaction.

    It raises KeyUnavailable while the organization's key is not here yet; the message is delivered again.
    """

    async def write(payments: list[SucceededPayment]) -> list[None]:
        return await link_clients(payments, tenancy=tenancy)

    group = GroupCommit(write, linger_s=LINGER_S, lane=lambda paid: paid.organization_id)

    async def handle(event: Envelope[Any]) -> None:
        data: TransactionSucceededV1 = event.data
        party = Party()
        if data.party is not None:
            text = tenancy.keyring.decrypt(data.party, event.organization_id, data.TYPE, event.id, _PARTY_FIELD)
            party = Party.model_validate_json(text)
        await group.submit(paid_by(InboxKey(DURABLE, event.id), event.organization_id, event.livemode, data, party))

    return handle
