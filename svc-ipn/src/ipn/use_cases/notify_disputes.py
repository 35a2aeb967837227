"""A dispute is notified once in version 2: its receivers book each 4 as a chargeback of its own."""

from collections.abc import Collection, Iterable, Sequence

from gateway_kit.mongo.unit_of_work import Tx
from ipn.domain.changes import CHARGEBACK
from ipn.domain.delivery import Delivery
from ipn.ports import Chargeback, DeliveryStore
from ipn.use_cases.notice import Notice


async def earlier_chargebacks(tx: Tx, notices: Sequence[Notice], store: DeliveryStore) -> list[Chargeback]:
    """Earlier notifications of the disputes that the notices are about, where they count."""
    asked = {
        (notice.organization_id, notice.livemode, notice.change.transaction_id) for notice in notices if _counts(notice)
    }
    return await store.chargebacks(tx, asked) if asked else []


def is_notified_already(
    notice: Notice, earlier: Iterable[Chargeback], created: Iterable[Delivery], dropped: Collection[str]
) -> bool:
    """Whether the dispute was notified, or is about to be.

    Args:
        earlier: see `earlier_chargebacks`.
        created: deliveries that are made together with this one.
        dropped: stored deliveries that are superseded together with it.
    """
    if not _counts(notice):
        return False
    about = (notice.change.transaction_id, notice.change.dispute_id)
    beside = any(
        (delivery.transaction_id, delivery.dispute_id) == about and delivery.state != "superseded"
        for delivery in created
    )
    return beside or any(
        said.transaction_id == about[0]
        and said.dispute_id in (None, about[1])
        and (said.is_tried or (said.is_open and said.delivery_id not in dropped))
        for said in earlier
    )


def _counts(notice: Notice) -> bool:
    change = notice.change
    return (
        notice.ipn_version == 2
        and change.notified
        and change.dispute_id is not None
        and change.ipn_status == CHARGEBACK
    )
