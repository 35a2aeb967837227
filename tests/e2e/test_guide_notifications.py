"""Statements of docs/integration.md on notifications, executed. Each test quotes the sentences that it executes."""

import secrets
from collections.abc import AsyncIterator

import pytest_asyncio
from standardwebhooks import Webhook

from gateway_testkit.guide import Guide
from gateway_testkit.guide_shop import GuideShop, open_guide_shop
from gateway_testkit.merchant import Notification
from gateway_testkit.stack import REPOSITORY, Stack
from gateway_testkit.waiting import eventually

GUIDE = Guide(REPOSITORY / "docs" / "integration.md")


@pytest_asyncio.fixture
async def shop(stack: Stack) -> AsyncIterator[GuideShop]:
    async with open_guide_shop(stack) as opened:
        yield opened


async def in_state(shop: GuideShop, transaction_id: str, status: int, state: str) -> dict[str, object]:
    """Wait until the notification of that numeric status is in that state."""

    async def check() -> dict[str, object] | None:
        rows = await shop.deliveries(transaction_id)
        return next((row for row in rows if row["ipnStatus"] == status and row["state"] == state), None)

    return await eventually(check)


async def test_attempts_go_on_until_the_shop_accepts(shop: GuideShop) -> None:
    GUIDE.says("`deliveryId` is the same on every attempt", "410 ends it. Redirects are not followed.")
    shop.server.answers = [302, 204]
    paid = await shop.pay(await shop.checkout())
    delivered = await in_state(shop, paid, 1, "delivered")
    shop.server.answers = [410]
    unwanted = await shop.pay(await shop.checkout())
    await in_state(shop, unwanted, 1, "exhausted")

    first, second = shop.server.of(paid)
    assert first.body == second.body
    assert first.json["deliveryId"] == delivered["id"]
    assert len(shop.server.of(unwanted)) == 1


async def test_a_notification_is_sent_again(shop: GuideShop) -> None:
    GUIDE.says(
        "sends one again at once, in whatever state it is",
        "The `ipn` of its transaction names it, and so does the list.",
    )
    shop.server.answers = [410]
    paid = await shop.pay(await shop.checkout())
    exhausted = await in_state(shop, paid, 1, "exhausted")

    again = await shop.tenant.make(f"/ipn/deliveries/{exhausted['id']}/resend", {})
    delivered = await in_state(shop, paid, 1, "delivered")

    first, second = shop.server.of(paid)
    assert again["id"] == delivered["id"] == second.json["deliveryId"]
    assert first.body == second.body
    assert second.signed_with(shop.secret)


async def test_a_sibling_of_a_paid_order_is_not_notified(shop: GuideShop) -> None:
    GUIDE.says("the transaction's `ipn` shows them as `superseded` with the reason `reference_paid`")
    reference = f"order-{secrets.token_hex(4)}"
    checkouts = [await shop.checkout(externalReference=reference) for _ in range(2)]
    started = await shop.start(checkouts[1])
    await shop.notified(await shop.pay(checkouts[0]), 1)

    await shop.confirm(started, "pm_card_chargeDeclined")
    superseded = await in_state(shop, started["transactionId"], 2, "superseded")

    assert superseded["reason"] == "reference_paid"
    assert shop.server.of(started["transactionId"]) == []


async def test_a_new_secret_signs_at_once_and_the_old_one_beside_it(shop: GuideShop) -> None:
    GUIDE.says("which `X-Signature-HMAC-SHA256` is made with at once; `webhook-signature` carries both")
    made = await shop.tenant.make(f"/sites/{shop.site_id}/webhook-secret/regenerate", {})
    secret = made["webhookSecret"]

    async def signed() -> Notification | None:
        # The first payments may still be signed with the old one: the change is on its way.
        notice = await shop.notified(await shop.pay(await shop.checkout()), 1)
        return notice if notice.signed_with(secret) else None

    notice = await eventually(signed)

    assert not notice.signed_with(shop.secret)
    for known in (secret, shop.secret):
        assert Webhook(known).verify(notice.body.decode(), notice.headers)


async def test_version_1_is_the_older_form(shop: GuideShop) -> None:
    GUIDE.says('`PATCH /sites/{siteId}` with `"ipnVersion": 1`', "Its body is `id`, `externalReference` and `status`")
    GUIDE.says("(1 when it is won) with `disputeStatus`, `disputeId`")
    # What serves both modes takes a live key.
    changed = await shop.ask("PATCH", f"/sites/{shop.site_id}", {"ipnVersion": 1}, credential=shop.tenant.live_key)
    assert changed.is_success, changed.text

    async def older() -> tuple[str, str] | None:
        started = await shop.start(await shop.checkout())
        intent, paid = await shop.confirm(started), str(started["transactionId"])
        notice = await shop.notified(paid, 1)
        return (paid, intent) if notice.json.keys() == {"id", "externalReference", "status"} else None

    paid, intent = await eventually(older)
    await shop.dispute(intent)
    opened = await shop.notified(paid, 4)
    await shop.dispute(intent, status="won")
    await eventually(lambda: [notice for notice in shop.server.of(paid) if notice.json.get("disputeStatus") == "won"])

    dispute = {"disputeStatus": opened.json["disputeStatus"], "disputeId": opened.json["disputeId"]}
    assert opened.json == {"id": paid, "externalReference": opened.json["externalReference"], "status": 4} | dispute
    assert shop.server.of(paid)[-1].json["status"] == 1
