"""The hosted pages for browsers that run no script."""

import html
import re
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from checkout_world import World

from gateway_contracts.errors import Conflict, GatewayError, Invalid, Transient
from gateway_contracts.requests.customer import NextAction, OfferedProvider, TransactionStarted

CODE = "Abc123Def4"
TRANSACTION = "64b0000000000000000000aa"
STRIPE, WIRE, PAYPAL = (f"64b00000000000000000000{digit}" for digit in "abc")
APPROVAL = "https://paypal.example/approve?token=1&a=\"'<"
PAGE = {"Origin": "https://pay.test", "Sec-Fetch-Site": "same-origin"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def open_shop(world: World, **changes: Any) -> Any:
    offers = (
        OfferedProvider(id=STRIPE, type="stripe", label="Card", is_default=True, publishable_key="pk_test_1"),
        OfferedProvider(id=WIRE, type="wire", label="Bank transfer"),
        OfferedProvider(id=PAYPAL, type="paypal", label="PayPal"),
    )
    session = world.session(**{"providers": offers, **changes})

    def start(request: Any) -> TransactionStarted:
        if request.provider_id != PAYPAL:
            return world.owners._start(session, request)
        world.owners.add_view(session, id=request.transaction_id, status="initiated", provider_type="paypal")
        action = NextAction(type="redirect", url=APPROVAL)
        return TransactionStarted(transaction_id=request.transaction_id, status=-1, next_action=action)

    world.owners.started = start
    return session


async def send(client: httpx.AsyncClient, headers: dict[str, str] = PAGE, /, **fields: str) -> httpx.Response:
    """The form of the page, as a browser sends it."""
    content = urlencode({"key": "k1", "provider": STRIPE, **fields})
    return await client.post(f"/checkout/{CODE}/pay", content=content, headers={**FORM, **headers})


async def test_the_page_works_before_its_script_does(world: World) -> None:
    open_shop(world, email=None, name=None)
    async with world.client() as client:
        page = (await client.get(f"/checkout/{CODE}")).text

    assert re.search(rf'<form[^>]*method="post" action="/checkout/{CODE}/pay"', page)
    plain = re.findall(r'<button type="submit" class="button plain" name="method" value="(\w+)"', page)
    assert plain == [WIRE, PAYPAL]
    assert re.search(r'class="button needs-script" id="submit" disabled', page)
    assert "needs JavaScript" in page
    first = re.search(r"<button[^>]*>", page)
    assert first
    assert "disabled" in first.group()


async def test_a_redirect_is_reached_without_a_script(world: World) -> None:
    session = open_shop(world)
    async with world.client() as client:
        await client.get(f"/checkout/{CODE}")
        sent = await send(client, method=PAYPAL)
        page = await client.get(sent.headers["location"])

    begun = world.owners.requests("public_create_transaction")[0].transaction_id
    assert (sent.status_code, sent.headers["location"]) == (303, f"/checkout/{CODE}/continue/{begun}")
    assert html.unescape(page.text).count(APPROVAL) == 2
    assert APPROVAL not in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert session.id not in page.text


async def test_a_transfer_shows_its_details_without_a_script(world: World) -> None:
    open_shop(world)
    async with world.client() as client:
        await client.get(f"/checkout/{CODE}")
        sent = await send(client, method=WIRE)
        result = await client.get(sent.headers["location"])
        form = re.search(r'<form method="post" action="([^"]+)"><button type="submit"[^>]*"transfer-sent"', result.text)
        assert form
        marked = await client.post(form.group(1), headers={**FORM, **PAGE})
        waiting = await client.get(marked.headers["location"])

    assert "RF18 5390 0754 7034" in result.text
    assert marked.status_code == 303
    assert "waiting for your transfer" in waiting.text
    assert '<noscript><meta http-equiv="refresh"' in waiting.text
    assert len(world.owners.requests("public_mark_pending")) == 1


async def test_typed_data_is_in_no_address(world: World) -> None:
    open_shop(world, email=None, name=None)
    async with world.client() as client:
        await client.get(f"/checkout/{CODE}")
        sent = await send(client, method=PAYPAL, email="typed@example.com", name="Typed Name")

    billing = world.owners.requests("public_create_transaction")[0].billing
    assert (billing.email, billing.name) == ("typed@example.com", "Typed Name")
    assert "typed" not in sent.headers["location"].lower()


async def test_what_the_merchant_gave_is_not_replaced_by_a_form(world: World) -> None:
    open_shop(world)
    async with world.client() as client:
        await client.get(f"/checkout/{CODE}")
        await send(client, method=WIRE, email="other@example.com", name="Other")

    billing = world.owners.requests("public_create_transaction")[0].billing
    assert (billing.email, billing.name) == (None, None)


@pytest.mark.parametrize(
    ("method", "email", "error"),
    [
        (WIRE, "nonsense", "Enter an e-mail address"),
        (WIRE, "", "Enter an e-mail address"),
        (WIRE, "a@" + "b" * 300 + ".example", "Enter an e-mail address"),
        (STRIPE, "ada@example.com", "check your choice"),
        ("", "ada@example.com", "check your choice"),
        ("64b0000000000000000000ff", "ada@example.com", "check your choice"),
    ],
)
async def test_a_wrong_field_is_asked_for_again(world: World, method: str, email: str, error: str) -> None:
    open_shop(world, email=None, name=None)
    async with world.client() as client:
        await client.get(f"/checkout/{CODE}")
        answer = await send(client, method=method, email=email, name='Ada "<b>"')

    page = html.unescape(answer.text)
    assert answer.status_code == 422
    assert error in page
    assert 'value="Ada "<b>""' in page
    assert "<b>" not in answer.text
    assert world.owners.requests("public_create_transaction") == []


async def test_only_the_checkouts_own_page_may_send_the_form(world: World) -> None:
    open_shop(world)
    view = world.owners.add_view(world.session(), provider_type="wire", status="initiated")
    sent = f"/checkout/{CODE}/result/{view.id}/sent"
    async with world.client() as client:
        await client.post(sent, headers={**FORM, **PAGE})
        without_cookie = await send(client, method=WIRE)
    async with world.client() as client:
        await client.get(f"/checkout/{CODE}")
        foreign = [
            {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"},
            {"Origin": "https://evil.test"},
            {"Origin": "https://other.pay.test", "Sec-Fetch-Site": "same-site"},
            {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
            {"Sec-Fetch-Site": "same-origin"},
            {},
        ]
        answers = [await send(client, headers, method=WIRE) for headers in foreign]
        for headers in foreign:
            await client.post(sent, headers={**FORM, **headers})

    assert [answer.status_code for answer in (without_cookie, *answers)] == [403] * 7
    assert "Allow cookies" in without_cookie.text
    assert world.owners.requests("public_create_transaction") == []
    assert world.owners.requests("public_mark_pending") == []


async def test_a_form_sent_twice_begins_one_payment_and_a_changed_one_another(world: World) -> None:
    open_shop(world, email=None)
    async with world.client() as client:
        await client.get(f"/checkout/{CODE}")
        addresses = [
            (await send(client, **fields)).headers["location"]
            for fields in (
                {"method": PAYPAL, "email": "a@example.com"},
                {"method": PAYPAL, "email": "a@example.com"},
                {"method": PAYPAL, "email": "b@example.com"},
                {"method": WIRE, "email": "a@example.com"},
                {"method": PAYPAL, "email": "a@example.com", "key": "k2"},
            )
        ]

    assert addresses[0] == addresses[1]
    assert len(set(addresses)) == 4


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        (Transient("away", retry_after_s=3), 503, "is busy"),
        (Conflict("pending", code="CHECKOUT_ALREADY_PENDING"), 409, "being processed"),
        (Conflict("hold", code="CHECKOUT_BLOCKED_BY_DISPUTE"), 409, "not accepted"),
        (Conflict("other", code="SOMETHING"), 409, "Something went wrong"),
        (Invalid.field("billing.email", "malformed"), 422, "Enter an e-mail address"),
    ],
)
async def test_a_refusal_of_the_owner_is_said_in_the_form(
    world: World, fault: GatewayError, status: int, text: str
) -> None:
    open_shop(world)
    world.owners.failing["public_create_transaction"] = fault
    async with world.client() as client:
        await client.get(f"/checkout/{CODE}")
        answer = await send(client, method=WIRE)

    assert answer.status_code == status
    assert text in answer.text
    assert f'action="/checkout/{CODE}/pay"' in answer.text


async def test_a_checkout_that_ended_meanwhile_says_so(world: World) -> None:
    open_shop(world)
    async with world.client() as client:
        await client.get(f"/checkout/{CODE}")
        open_shop(world, status="expired")
        answer = await send(client, method=WIRE)

    assert (answer.status_code, answer.headers["location"]) == (303, f"/checkout/{CODE}")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"a=1&" * 50, b"%ff=%ff&method=%00", b"{}", b"method"])
async def test_a_body_that_is_no_form_of_ours_is_refused(world: World, content: bytes) -> None:
    open_shop(world)
    async with world.client() as client:
        await client.get(f"/checkout/{CODE}")
        answer = await client.post(f"/checkout/{CODE}/pay", content=content, headers={**FORM, **PAGE})

    assert answer.status_code == 422
    assert world.owners.requests("public_create_transaction") == []


async def test_addresses_without_their_step_lead_to_a_page(world: World) -> None:
    session = open_shop(world)
    world.owners.add_view(session)
    async with world.client() as client:
        form = await client.get(f"/checkout/{CODE}/pay")
        onward = await client.get(f"/checkout/{CODE}/continue/{TRANSACTION}")
        unknown = await client.post("/checkout/Nowhere000/pay", headers={**FORM, **PAGE})

    assert (form.status_code, form.headers["location"]) == (303, f"/checkout/{CODE}")
    assert (onward.status_code, onward.headers["location"]) == (303, f"/checkout/{CODE}/result/{TRANSACTION}")
    assert unknown.status_code == 404


@pytest.mark.parametrize("shown", ["paypal", "wire", "stripe", "mollie"])
async def test_no_customer_is_charged_in_another_way_than_the_button_said(world: World, shown: str) -> None:
    session = open_shop(world)
    types = {offer.id: offer.type for offer in session.providers}
    answers = {}
    async with world.client() as client:
        for provider in types:
            body = {"sessionPublicId": session.id, "providerId": provider, "providerType": shown}
            answers[provider] = await client.post("/api/v1/transactions/create", json=body)

    for provider, answer in answers.items():
        expected = 200 if types[provider] == shown else 409
        assert answer.status_code == expected
        assert expected == 200 or answer.json()["code"] == "PAYMENT_METHOD_MISMATCH"
