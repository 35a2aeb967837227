"""A forwarded payment link: it shows the order and its state, and no data of the buyer."""

import html
import json
import re
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest
from checkout_world import MakeWorld, PayerCookie, World

from gateway_contracts.clock import SystemClock
from gateway_contracts.errors import Conflict

CODE = "Abc123Def4"
TRANSACTION = "64b0000000000000000000aa"
OTHER = "64b0000000000000000000ab"
FRONTEND = {"Origin": "https://pay.test"}
BUYERS = ("buyer@example.com", "Ada Buyer", "TEST-INV-2026-00001", "cs_" + "A" * 32)
"""E-mail, name, number of the invoice, and the secret name of the session, which opens all of it."""


def paid(world: World) -> tuple[Any, Any]:
    """A checkout that was paid, and its invoice."""
    session = world.session(status="completed", transaction_id=TRANSACTION, transaction_status="succeeded")
    world.owners.add_view(session, status="succeeded", checkout_status="completed")
    return session, world.owners.add_document(session)


def content_of(answer: httpx.Response) -> str:
    """The text of an answer, its headers included."""
    return html.unescape(answer.text) + json.dumps(dict(answer.headers.multi_items()))


async def test_every_page_behind_the_link_keeps_the_buyer_to_itself(world: World) -> None:
    _, document = paid(world)
    paths = (
        f"/checkout/{CODE}",
        f"/checkout/{CODE}/return/{TRANSACTION}",
        f"/checkout/{CODE}/result/{TRANSACTION}",
        f"/checkout/{CODE}/documents/{document.id}/pdf",
        f"/checkout/{CODE}/continue/{TRANSACTION}",
        f"/checkout/{CODE}/pay",
        f"/api/v1/checkouts/{CODE}",
        f"/api/v1/checkouts/{CODE}/documents",
        f"/api/v1/checkouts/{CODE}/documents/{document.id}/pdf",
        f"/api/v1/transactions/{TRANSACTION}/status",
    )
    async with world.client(headers=FRONTEND) as client:
        # The cookies of the link come along, as in any browser that opened it.
        for path in (*paths, *paths):
            answer = await client.get(path)
            for secret in BUYERS:
                assert secret not in content_of(answer), f"{path}: {secret}"
            assert not answer.content.startswith(b"%PDF-"), path


async def test_an_open_checkout_keeps_the_buyer_to_itself(world: World) -> None:
    session = world.session()
    world.owners.add_view(session)
    async with world.client(headers=FRONTEND) as client:
        for path in (f"/checkout/{CODE}", f"/checkout/{CODE}/result/{TRANSACTION}", f"/api/v1/checkouts/{CODE}"):
            answer = await client.get(path)
            assert answer.status_code == 200
            assert [secret for secret in BUYERS if secret in content_of(answer)] == [], path


async def test_the_documents_path_says_where_it_opens(world: World) -> None:
    _, document = paid(world)
    async with world.client() as client:
        refused = await client.get(f"/checkout/{CODE}/documents/{document.id}/pdf")
        result = await client.get(f"/checkout/{CODE}/result/{TRANSACTION}")

    assert refused.status_code == 403
    assert "opens where it was paid" in refused.text
    assert "opens in the browser that paid" in result.text
    assert "Open PDF" not in result.text
    # A page that cannot show documents does not wait for them either.
    found = re.search(r'id="config">(.*?)</script>', result.text, re.S)
    assert found
    assert json.loads(found.group(1))["documents"] == 0


async def test_the_paying_browser_opens_the_document(world: World) -> None:
    session = world.session()
    body = {"shortCode": CODE, "providerId": session.providers[0].id}
    async with world.client(headers={**FRONTEND, "Sec-Fetch-Site": "same-origin"}) as client:
        await client.get(f"/checkout/{CODE}")
        begun = (await client.post("/api/v1/transactions/create", json=body)).json()["transactionId"]
        world.session(status="completed", transaction_id=begun, transaction_status="succeeded")
        world.owners.change(begun, status="succeeded", checkout_status="completed")
        document = world.owners.add_document(session)
        path = f"/checkout/{CODE}/documents/{document.id}/pdf"
        page = await client.get(f"/checkout/{CODE}/result/{begun}")
        pdf = await client.get(path)
        # Coming back from a bank is a navigation from another site.
        from_bank = await client.get(f"/checkout/{CODE}/result/{begun}", headers={"Sec-Fetch-Site": "cross-site"})

    assert path in page.text
    assert path in from_bank.text
    assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")


async def test_a_browser_that_began_another_attempt_is_not_the_payer(world: World, payer_cookie: PayerCookie) -> None:
    session, document = paid(world)
    stranger = world.session(id="cs_" + "B" * 32, short_code="Other00001")
    for cookies in (
        payer_cookie(session, OTHER),
        payer_cookie(stranger, TRANSACTION),
        {f"gw_payer_{TRANSACTION}": next(iter(payer_cookie(session, OTHER).values()))},
        {f"gw_payer_{TRANSACTION}": session.id},
        {f"gw_payer_{TRANSACTION}": f"9999999999 {session.id}"},
        {f"gw_payer_{TRANSACTION}": ""},
    ):
        async with world.client(cookies=cookies) as client:
            assert (await client.get(f"/checkout/{CODE}/documents/{document.id}/pdf")).status_code == 403
            assert "Open PDF" not in (await client.get(f"/checkout/{CODE}/result/{TRANSACTION}")).text


async def test_the_proof_of_paying_ends_although_the_cookie_was_kept(make_world: MakeWorld) -> None:
    class Later(SystemClock):
        later = timedelta()

        def now(self) -> Any:
            return super().now() + self.later

    clock = Later()
    world = make_world(clock=clock)
    session = world.session()
    async with world.client(headers={**FRONTEND, "Sec-Fetch-Site": "same-origin"}) as client:
        await client.get(f"/checkout/{CODE}")
        body = {"shortCode": CODE, "providerId": session.providers[0].id}
        answer = await client.post("/api/v1/transactions/create", json=body)
        begun = answer.json()["transactionId"]
        world.session(status="completed", transaction_id=begun, transaction_status="succeeded")
        path = f"/checkout/{CODE}/documents/{world.owners.add_document(session).id}/pdf"
        seen = [(await client.get(path)).status_code]
        for clock.later in (timedelta(days=13), timedelta(days=15)):
            kept = {name: morsel.value for name, morsel in SimpleCookie(answer.headers["set-cookie"]).items()}
            async with world.client(cookies=kept) as returning:
                seen.append((await returning.get(path)).status_code)

    assert seen == [200, 200, 403]


async def test_the_merchants_own_link_goes_on_to_open_it(world: World) -> None:
    session, document = paid(world)
    async with world.client(headers=FRONTEND) as client:
        named = (await client.get(f"/api/v1/checkouts/{session.id}")).json()
        pdf = await client.get(f"/api/v1/checkouts/{session.id}/documents/{document.id}/pdf")
        by_link = (await client.get(f"/api/v1/checkouts/{CODE}")).json()

    assert (named["id"], by_link["id"]) == (session.id, None)
    assert pdf.content.startswith(b"%PDF-")


@pytest.mark.parametrize(
    "code",
    ["CHECKOUT_BLOCKED_BY_DISPUTE", "CHECKOUT_BLOCKED_BY_CUSTOMER_HOLD", "CHECKOUT_RESTRICTED_BY_CUSTOMER_HOLD"],
)
async def test_an_email_address_reveals_nothing_to_the_person_who_types_it(world: World, code: str) -> None:
    session = world.session()
    world.owners.failing["public_create_transaction"] = Conflict(
        "this customer contests an earlier payment",
        code=code,
        transactionId=OTHER,
        amount=4900,
        creditNoteNumber="CN-1",
    )
    body = {
        "sessionPublicId": session.id,
        "providerId": session.providers[0].id,
        "billingAddress": {"email": "victim@example.com"},
    }
    async with world.client() as client:
        answer = await client.post("/api/v1/transactions/create", json=body)

    assert (answer.status_code, answer.json()["code"]) == (409, "PAYMENT_REFUSED")
    assert set(answer.json()) == {"error", "code", "requestId", "details"}
    assert "contests" not in answer.text
