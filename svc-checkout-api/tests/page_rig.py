"""The pages behind a real server, for tests with a browser."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from checkout_world import World
from playwright.async_api import Page

from gateway_contracts.requests.customer import NextAction, TransactionStarted
from gateway_contracts.requests.transaction import Failure
from gateway_testkit.waiting import eventually

SECRET_KEY, PUBLIC_KEY = "sk_test_browser01", "pk_test_browser01"
RETURN_URL = "https://shop.example/thanks"


async def until_answers(url: str) -> None:
    async def answers() -> bool:
        try:
            await client.get(url)
        except httpx.TransportError:
            return False
        return True

    async with httpx.AsyncClient(timeout=60) as client:
        await eventually(answers)


class Payments:
    """Stands for svc-transaction: makes and reads the simulator's payments."""

    def __init__(self, world: World, simulator: str) -> None:
        self._world = world
        self._client = httpx.Client(base_url=simulator, auth=(SECRET_KEY, ""), timeout=60)
        self._intents: dict[str, str] = {}

    def close(self) -> None:
        self._client.close()

    def start(self, request: Any) -> TransactionStarted:
        session = self._world.owners.sessions[request.session_public_id]
        form = {
            "amount": session.amount,
            "currency": session.currency.lower(),
            "automatic_payment_methods[enabled]": "true",
        }
        intent = self._client.post("/v1/payment_intents", data=form).raise_for_status().json()
        self._intents[request.transaction_id] = intent["id"]
        self._world.owners.add_view(session, id=request.transaction_id, return_url=RETURN_URL)
        action = NextAction(type="stripe", client_secret=intent["client_secret"], publishable_key=PUBLIC_KEY)
        return TransactionStarted(transaction_id=request.transaction_id, status=0, next_action=action)

    def synchronise(self, view: Any) -> None:
        intent = self._client.get(f"/v1/payment_intents/{self._intents[view.id]}").raise_for_status().json()
        if intent["status"] == "succeeded":
            self._world.owners.change(view.id, status="succeeded", checkout_status="completed")
        elif intent["status"] == "requires_payment_method":
            failure = Failure(code="DECLINED", message="declined", provider_code="card_declined")
            self._world.owners.change(view.id, status="failed", failure=failure)


@asynccontextmanager
async def served(app: Any, port: int) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, lifespan="off", log_level="warning"))
    task = asyncio.create_task(server.serve())
    await until_answers(f"http://127.0.0.1:{port}/health")
    yield
    server.should_exit = True
    await task


def with_public_key(world: World, **changes: Any) -> Any:
    session = world.session(**changes)
    offers = tuple(
        offer.model_copy(update={"publishable_key": PUBLIC_KEY}) if offer.type == "stripe" else offer
        for offer in session.providers
    )
    return world.owners.add(session.model_copy(update={"providers": offers}))


async def fill_card(page: Page, number: str) -> None:
    frame = page.frame_locator("iframe[title='Secure payment input frame']")
    await frame.locator("[autocomplete='cc-number']").fill(number)
    await frame.locator("[autocomplete='cc-exp']").fill("12 / 34")
    await frame.locator("[autocomplete='cc-csc']").fill("123")
