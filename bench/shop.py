"""Payments that wait for their webhook: created through the public APIs, as a merchant and a customer would."""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from bench.provider import Account

AMOUNT: Final = 4900
CONCURRENT: Final = 6
_ATTEMPTS_MAX: Final = 20


@dataclass(frozen=True)
class Shop:
    """A tenant of a started stack."""

    admin_url: str
    checkout_url: str
    api_key: str
    organization_id: str
    site_id: str
    account: Account

    @classmethod
    def of(cls, stack: dict[str, Any]) -> "Shop":
        """The demo tenant of a stack descriptor."""
        demo = stack["demo"]
        stripe = demo["providers"]["stripe"]
        return cls(
            stack["urls"]["adminApi"],
            stack["urls"]["checkoutApi"],
            demo["apiKey"],
            demo["organizationId"],
            demo["siteId"],
            Account(stripe["id"], stripe["webhookSecret"]),
        )


@dataclass(frozen=True)
class Payment:
    """Our transaction and the provider's payment."""

    transaction_id: str
    intent: dict[str, object]


async def create_payments(shop: Shop, count: int, ipn_url: str) -> list[Payment]:
    """That many transactions that wait for the provider's word."""
    slots = asyncio.Semaphore(CONCURRENT)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:

        async def one() -> Payment:
            async with slots:
                return await _create(session, shop, ipn_url)

        return await asyncio.gather(*(one() for _ in range(count)))


async def _create(session: aiohttp.ClientSession, shop: Shop, ipn_url: str) -> Payment:
    checkout = await _post(
        session,
        f"{shop.admin_url}/api/v1/checkouts/{shop.site_id}/create",
        {
            "amount": AMOUNT,
            "currency": "EUR",
            "email": "buyer@example.com",
            "externalReference": f"bench-{secrets.token_hex(8)}",
            "ipnUrl": ipn_url,
            "items": [{"name": "Plan", "quantity": 1, "unitPrice": AMOUNT, "itemType": "digital_service"}],
        },
        {"Authorization": f"Bearer {shop.api_key}"},
    )
    started = await _post(
        session,
        f"{shop.checkout_url}/api/v1/transactions/create",
        {
            "sessionPublicId": checkout["sessionPublicId"],
            "providerId": shop.account.provider_id,
            "billingAddress": {"name": "Bench Buyer", "email": "buyer@example.com", "country": "DE"},
        },
        {},
    )
    intent = {
        "id": str(started["nextAction"]["clientSecret"]).split("_secret_")[0],
        "object": "payment_intent",
        "amount": AMOUNT,
        "amount_received": AMOUNT,
        "currency": "eur",
        "status": "succeeded",
        "livemode": False,
        "metadata": {
            "gatewayTransactionId": started["transactionId"],
            "gatewayOrganizationId": shop.organization_id,
        },
    }
    return Payment(started["transactionId"], intent)


async def _post(
    session: aiohttp.ClientSession, url: str, body: dict[str, object], headers: dict[str, str]
) -> dict[str, Any]:
    for _ in range(_ATTEMPTS_MAX):
        async with session.post(url, json=body, headers=headers) as answer:
            if answer.status in (429, 503):
                await asyncio.sleep(float(answer.headers.get("Retry-After", "1")))
                continue
            if answer.status != 200:
                raise RuntimeError(f"POST {url} answered {answer.status}: {(await answer.text())[:300]}")
            made: dict[str, Any] = await answer.json()
            return made
    raise RuntimeError(f"POST {url} was refused {_ATTEMPTS_MAX} times")
