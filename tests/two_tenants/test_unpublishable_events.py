"""Fault 2: events of one merchant that can never be published stayed at the head of the outbox of all."""

from datetime import timedelta
from typing import Any

import pytest

from gateway_contracts.ids import new_event_id
from gateway_contracts.topology import MESSAGE_BYTES_MAX
from gateway_testkit.backlog import is_served, letters_of
from gateway_testkit.installation import Installation
from gateway_testkit.seller import Seller, Two
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

INSTALLATION: dict[str, Any] = {}

EMOJI = "\N{GRINNING FACE}"
"""One character, four bytes in UTF-8, twelve in JSON that escapes everything but ASCII."""
# More than one round of the relay takes.
UNKNOWN_ROWS = 250
ACCEPTED = {200, 201}
REFUSED = {413, 422}
# How many emoji a body of items holds: around the sizes at which the request still passes and its event does not.
SIZES = range(84_000, 87_600, 300)


def items_of(emoji: int) -> dict[str, Any]:
    """Items with that many emoji in their texts, each text at its limit."""
    items = []
    while emoji > 0:
        name, description = min(emoji, 500), min(max(emoji - 500, 0), 2_000)
        item = {"name": EMOJI * name, "quantity": 1, "unitPrice": 100, "vatRate": "19", "itemType": "goods"}
        items.append(item | ({"description": EMOJI * description} if description else {}))
        emoji -= name + description
    return {"amount": 100 * len(items), "items": items}


async def sell(seller: Seller, emoji: int) -> int:
    """A checkout with such items and its payment, as far as they are accepted; the status of the answer."""
    sold = items_of(emoji)
    made = await seller.create_checkout(**sold)
    if made.status_code not in ACCEPTED:
        return made.status_code
    started = await seller.start(made.json()["sessionPublicId"])
    if started.status_code in ACCEPTED:
        await seller.confirm(seller.payment(made.json()["sessionPublicId"], started.json(), sold))
    return started.status_code


async def test_texts_of_a_at_their_limits_are_refused_or_published(two: Two, installation: Installation) -> None:
    statuses = {emoji: await sell(two.a, emoji) for emoji in SIZES}
    payment = await two.b.pay()

    await is_served(two.b, payment)
    assert set(statuses.values()) <= ACCEPTED | REFUSED, statuses
    await eventually(lambda: _nothing_waits(installation, two.a))
    assert await letters_of(installation, two.a.tenant.organization_id) == [], "what is accepted always fits"


@pytest.mark.nightly
async def test_every_text_of_a_at_its_limit_is_refused_or_published(two: Two, installation: Installation) -> None:
    line = EMOJI * 200
    lines = ("firstName", "lastName", "company", "address1", "address2", "city", "postcode", "state")
    address = dict.fromkeys(lines, line) | {"country": "DE", "phone": EMOJI * 40, "vatId": EMOJI * 40}
    texts = {
        "billingAddress": address,
        "shippingAddress": address,
        "metadata": {f"{number:02}" + EMOJI * 38: EMOJI * 500 for number in range(50)},
        "externalReference": EMOJI * 64,
        "returnUrl": f"http://127.0.0.1:9/{EMOJI * 400}",
    }
    # As much as fits into the API's own limit for a body, in UTF-8.
    sold = texts | items_of(200_000)

    made = await two.a.create_checkout(**sold)
    if made.status_code in ACCEPTED:
        started = await two.a.start(made.json()["sessionPublicId"])
        assert started.status_code in ACCEPTED | REFUSED, started.text
        await two.a.confirm(two.a.payment(made.json()["sessionPublicId"], started.json(), sold))
    payment = await two.b.pay()

    await is_served(two.b, payment)
    assert made.status_code in ACCEPTED | REFUSED, made.text
    await eventually(lambda: _nothing_waits(installation, two.a))
    assert await letters_of(installation, two.a.tenant.organization_id) == []


async def test_rows_of_a_that_no_version_can_publish_are_set_aside(two: Two, installation: Installation) -> None:
    # Left behind by an older version, which let such texts in, and by one that knew other kinds of events.
    organization_id = two.a.tenant.organization_id
    too_large = [row_of(installation, organization_id, f"transaction.succeeded.v1.{organization_id}") for _ in range(3)]
    for row in too_large:
        row["body"]["data"] = {"lines": [EMOJI * 500] * (MESSAGE_BYTES_MAX // 2_000 + 50)}
    unknown = [
        row_of(installation, organization_id, f"subscription.renewed.v1.{organization_id}") for _ in range(UNKNOWN_ROWS)
    ]
    outbox = installation.database("svc-transaction")["outbox"]
    await outbox.insert_many(too_large + unknown)
    ids = [row["_id"] for row in too_large]

    async def are_set_aside() -> bool:
        return await outbox.count_documents({"_id": {"$in": ids}, "state": "set_aside"}) == len(ids)

    await installation.restart("svc-transaction")
    payment = await two.b.pay()
    await is_served(two.b, payment)
    # At once: no later version can publish them. Those of an unknown kind may be for a newer version, and wait longer.
    await eventually(are_set_aside)
    assert len(await letters_of(installation, organization_id)) >= len(ids)
    await eventually(lambda: _is_counted(installation, len(ids)))


def row_of(installation: Installation, organization_id: str, subject: str) -> dict[str, Any]:
    """A row of the outbox as it was committed an hour ago."""
    now = installation.clock.now() - timedelta(hours=1)
    event_id, entity_id = new_event_id(), new_event_id()
    kind = subject.rpartition(".")[0]
    body = {
        "specversion": "1.0",
        "id": event_id,
        "source": "svc-transaction",
        "type": kind,
        "time": now.isoformat(),
        "dataschema": f"urn:gateway:schema:{kind}",
        "organizationId": organization_id,
        "livemode": False,
        "entityId": entity_id,
        "sequence": 1,
        "correlationId": event_id,
        "data": {},
    }
    return {
        "_id": event_id,
        "state": "pending",
        "kind": "event",
        "subject": subject,
        "entity_id": entity_id,
        "sequence": 1,
        "traceparent": None,
        "body": body,
        "created_at": now,
    }


async def _nothing_waits(installation: Installation, seller: Seller) -> bool:
    """Whether every event of this merchant was published."""
    outbox = installation.database("svc-transaction")["outbox"]
    of_seller = {"body.organizationId": seller.tenant.organization_id}
    return await outbox.count_documents(of_seller | {"state": {"$ne": "sent"}}) == 0


async def _is_counted(installation: Installation, count: int) -> bool:
    metrics = await installation.metrics("svc-transaction")
    return sum(value for series, value in metrics.items() if series.startswith("gateway_set_aside")) >= count
