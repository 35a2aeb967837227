"""The hosted pages as HTML."""

import html
import json
import re
from typing import Any

import httpx
import pytest
from checkout_world import MakeWorld, PayerCookie, World

from gateway_contracts.errors import Transient
from gateway_contracts.events.transaction import TransactionLine
from gateway_contracts.requests.customer import BankDetails, OfferedProvider
from gateway_contracts.requests.transaction import Failure

TRANSACTION = "64b0000000000000000000aa"
CODE = "Abc123Def4"


async def get(
    world: World, path: str, cookies: dict[str, str] | None = None, headers: dict[str, str] | None = None
) -> httpx.Response:
    async with world.client(headers=headers, cookies=cookies) as client:
        return await client.get(path)


def config_of(page: str) -> dict[str, Any]:
    found = re.search(r'id="config">(.*?)</script>', page, re.S)
    assert found
    config: dict[str, Any] = json.loads(found.group(1))
    return config


async def test_checkout_page_shows_the_order_and_hides_the_session(world: World) -> None:
    session = world.session()
    answer = await get(world, f"/checkout/{CODE}")
    page = html.unescape(answer.text)

    assert answer.status_code == 200
    assert "€49.00" in page
    assert "Hand-thrown mug" in page
    assert "2 × €19.50" in page
    assert 'href="https://shop.example/cart"' in page
    assert session.id not in answer.text
    assert "buyer@example.com" not in answer.text
    assert '<html lang="en-GB">' in page


async def test_checkout_page_shows_the_description_as_text(world: World) -> None:
    world.session(description="Membership <b>2027</b>")
    answer = await get(world, f"/checkout/{CODE}")

    assert "Membership &lt;b&gt;2027&lt;/b&gt;" in answer.text


async def test_page_sets_an_http_only_cookie(world: World) -> None:
    session = world.session()
    answer = await get(world, f"/checkout/{CODE}")
    cookie = answer.headers["set-cookie"]

    assert cookie.startswith(f"gw_checkout_{CODE}=")
    assert session.id not in cookie
    for attribute in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert attribute in cookie


async def test_cookie_without_https_is_not_secure(make_world: MakeWorld) -> None:
    world = make_world(main_frontend_origin="http://127.0.0.1:1", environment="development")
    world.session()

    assert "Secure" not in (await get(world, f"/checkout/{CODE}")).headers["set-cookie"]


async def test_every_script_of_the_page_carries_the_nonce_of_its_policy(world: World) -> None:
    world.session()
    answer = await get(world, f"/checkout/{CODE}")
    policy = answer.headers["content-security-policy"]
    nonce = re.search(r"'nonce-([^']+)'", policy)
    assert nonce

    scripts = re.findall(r"<script[^>]*>", answer.text)
    assert len(scripts) == 4
    assert all(f'nonce="{nonce.group(1)}"' in script for script in scripts)
    assert "https://js.stripe.com" in policy
    assert not re.search(r'\son\w+="', answer.text)
    assert ' style="' not in answer.text
    assert answer.headers["referrer-policy"] == "same-origin"


async def test_stripe_is_loaded_only_where_cards_are_offered(world: World) -> None:
    offer = OfferedProvider(id="64b00000000000000000000b", type="wire", label="Bank transfer")
    world.session(providers=(offer,))
    answer = await get(world, f"/checkout/{CODE}")

    assert config_of(answer.text)["cards"] == {}
    assert "stripe" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("currency", "amount", "expected"), [("EUR", 4900, 4900), ("JPY", 500, 500), ("ISK", 500, 50_000)]
)
async def test_card_form_gets_the_amount_in_stripes_unit(
    world: World, currency: str, amount: int, expected: int
) -> None:
    world.session(currency=currency, amount=amount, items=())
    config = config_of((await get(world, f"/checkout/{CODE}")).text)

    [(provider_id, card)] = config["cards"].items()
    assert (provider_id, card["type"], card["key"]) == ("64b00000000000000000000a", "stripe", "pk_test_1")
    assert card["amount"] == expected
    assert card["script"] == "https://js.stripe.com/v3/"
    assert config["currency"] == currency.lower()


async def test_the_end_of_a_long_order_is_folded_away(world: World) -> None:
    def lines(count: int) -> tuple[TransactionLine, ...]:
        return tuple(TransactionLine(name=f"Item {number}.", quantity=1, unit_price=100) for number in range(count))

    world.session(items=lines(12), amount=1200)
    page = (await get(world, f"/checkout/{CODE}")).text
    shown, _, folded = page.partition("<details")
    assert "Show 7 more items" in folded
    assert ("Item 4." in shown, "Item 5." in shown) == (True, False)
    assert all(f"Item {number}." in folded for number in range(5, 12))

    world.session(items=lines(8), amount=800)
    assert "<details" not in (await get(world, f"/checkout/{CODE}")).text


async def test_missing_email_and_name_are_asked_for(world: World) -> None:
    world.session(email=None, name=None, locale="de-DE")
    page = (await get(world, f"/checkout/{CODE}")).text

    assert 'id="email"' in page
    assert 'id="name"' in page
    assert "Zahlungsart" in page
    world.session(email="a@example.com", name="Ada")
    page = (await get(world, f"/checkout/{CODE}")).text
    assert 'id="email"' not in page


async def test_merchants_texts_are_escaped(world: World) -> None:
    evil = '</script><script>alert("x")</script>'
    world.session(
        site_name=evil,
        cancel_url="javascript:alert(1)",
        branding={"primaryColor": "red;}</style>", "logo": "javascript:alert(1)"},
        providers=(OfferedProvider(id="64b00000000000000000000a", type="stripe", label=evil, publishable_key=evil),),
    )
    page = (await get(world, f"/checkout/{CODE}")).text

    assert '<script>alert("x")' not in page
    assert "javascript:" not in page
    assert "</style><" not in page.split("<style", 1)[1].split("</style>", 1)[0]
    assert "--brand:#2f5d50" in page


@pytest.mark.parametrize(
    ("status", "text"),
    [("expired", "has expired"), ("completed", "already paid"), ("canceled", "was canceled")],
)
async def test_ended_sessions_have_their_own_page(world: World, status: str, text: str) -> None:
    paid = "succeeded" if status == "completed" else "canceled"
    session = world.session(status=status, transaction_id=TRANSACTION, transaction_status=paid)
    world.owners.add_view(session, status=paid)
    answer = await get(world, f"/checkout/{CODE}")

    assert answer.status_code == 200
    assert text in answer.text
    assert "<form" not in answer.text
    assert (f"/checkout/{CODE}/result/{TRANSACTION}" in answer.text) is (status == "completed")


async def test_open_attempt_is_offered_again(world: World) -> None:
    world.session(transaction_id=TRANSACTION, transaction_status="pending_provider")

    assert f"/checkout/{CODE}/result/{TRANSACTION}" in (await get(world, f"/checkout/{CODE}")).text


@pytest.mark.parametrize("path", ["/", "/checkout/Nowhere000", "/checkout/x", "/checkout/Abc123Def4/result/1"])
async def test_unknown_pages_are_a_readable_404(world: World, path: str) -> None:
    world.session()
    answer = await get(world, path, headers={"Accept-Language": "de"})

    assert answer.status_code == 404
    assert "Seite nicht gefunden" in answer.text


async def test_page_without_its_owner_is_503_and_comes_back_by_itself(world: World) -> None:
    world.session()
    world.owners.failing["public_get_checkout"] = Transient("no answer", retry_after_s=3)
    answer = await get(world, f"/checkout/{CODE}")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "3"
    assert "refresh" in answer.headers
    assert "Back in a moment" in answer.text
    # A customer who comes back from the bank at this moment has perhaps paid.
    assert "Nothing was charged" not in answer.text
    assert "do not pay again" in answer.text


async def test_return_leg_synchronises_and_drops_the_providers_parameters(world: World) -> None:
    session = world.session()
    world.owners.add_view(session)
    answer = await get(world, f"/checkout/{CODE}/return/{TRANSACTION}?payment_intent_client_secret=x")

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/checkout/{CODE}/result/{TRANSACTION}"
    assert world.owners.requests("public_sync")[0].session_public_ids == (session.id,)


async def test_return_leg_works_while_the_provider_is_away(world: World) -> None:
    session = world.session()
    world.owners.add_view(session)
    world.owners.failing["public_sync"] = Transient("provider away")

    assert (await get(world, f"/checkout/{CODE}/return/{TRANSACTION}")).status_code == 303


async def test_foreign_transaction_is_not_shown(world: World) -> None:
    world.session()
    other = world.session(id="cs_" + "B" * 32, short_code="Other00001")
    world.owners.add_view(other)

    for leg in ("result", "return"):
        assert (await get(world, f"/checkout/{CODE}/{leg}/{TRANSACTION}")).status_code == 404


@pytest.mark.parametrize(
    ("changes", "texts"),
    [
        ({"status": "pending_provider", "under_way": True}, ["is being processed"]),
        ({"status": "pending_provider"}, ["is not confirmed yet", f'href="/checkout/{CODE}?other=1"']),
        ({"status": "succeeded"}, ["has arrived", "€49.00", "https://shop.example/thanks"]),
        ({"status": "canceled"}, ["was canceled", f'href="/checkout/{CODE}"']),
        ({"status": "refunded"}, ["was refunded"]),
        (
            {
                "status": "failed",
                "failure": Failure(code="DECLINED", message="raw", provider_code="insufficient_funds"),
            },
            ["insufficient funds", "Try again", f'href="/checkout/{CODE}"'],
        ),
        ({"status": "failed", "failure": Failure(code="NEW_CODE", message="raw")}, ["was declined"]),
    ],
)
async def test_result_page_has_a_face_for_every_status(world: World, changes: dict[str, Any], texts: list[str]) -> None:
    session = world.session()
    world.owners.add_view(session, **changes)
    page = html.unescape((await get(world, f"/checkout/{CODE}/result/{TRANSACTION}")).text)

    for text in texts:
        assert text in page
    assert session.id not in page


async def test_who_waits_may_go_back_to_the_shop(world: World) -> None:
    session = world.session()
    world.owners.add_view(session, status="pending_provider")
    page = (await get(world, f"/checkout/{CODE}/result/{TRANSACTION}")).text

    assert 'id="return" href="https://shop.example/thanks' in page


async def test_a_direct_debit_is_not_waited_for_on_the_page(world: World) -> None:
    session = world.session()
    world.owners.add_view(session, status="pending_provider", provider_type="gocardless", under_way=True)
    page = (await get(world, f"/checkout/{CODE}/result/{TRANSACTION}")).text

    assert "a few working days" in page
    assert "You may close this page" in page
    assert "This page changes by itself" not in page


async def test_result_page_offers_the_rendered_invoice_where_it_was_paid(
    world: World, payer_cookie: PayerCookie
) -> None:
    session = world.session(status="completed", transaction_id=TRANSACTION, transaction_status="succeeded")
    world.owners.add_view(session, status="succeeded", checkout_status="completed")
    document = world.owners.add_document(session)
    cookies = payer_cookie(session, TRANSACTION)
    page = (await get(world, f"/checkout/{CODE}/result/{TRANSACTION}", cookies)).text
    path = f"/checkout/{CODE}/documents/{document.id}/pdf"

    assert path in page
    assert config_of(page)["isComplete"] is True
    pdf = await get(world, path, cookies)
    assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")


def bank(**changes: Any) -> BankDetails:
    values: dict[str, Any] = {
        "account_holder": "Example Shop GmbH",
        "iban": "DE89370400440532013000",
        "bic": "COBADEFFXXX",
        "reference": "RF18 5390 0754 7034",
        "amount": 4900,
        "currency": "EUR",
        "epc_qr": "BCD\n002\n1\nSCT\n\nExample Shop GmbH\nDE89370400440532013000\nEUR49.00\n\nRF18539007547034",
    }
    return BankDetails(**{**values, **changes})


@pytest.mark.parametrize("status", ["initiated", "pending_provider"])
async def test_wire_page_shows_bank_details_and_the_code(world: World, status: str) -> None:
    session = world.session()
    world.owners.add_view(session, status=status, provider_type="wire", bank_details=bank())
    page = (await get(world, f"/checkout/{CODE}/result/{TRANSACTION}")).text

    for text in ("Example Shop GmbH", "DE89 3704 0044 0532 0130 00", "COBADEFFXXX", "RF18 5390 0754 7034", "€49.00"):
        assert text in page
    assert "<svg" in page
    assert 'id="transfer-sent"' in page


async def test_wire_page_shows_the_merchants_instructions_as_text(world: World) -> None:
    session = world.session()
    details = bank(instructions="One transfer <b>per order</b>,\nplease.")
    world.owners.add_view(session, status="initiated", provider_type="wire", bank_details=details)
    page = (await get(world, f"/checkout/{CODE}/result/{TRANSACTION}")).text

    assert "One transfer &lt;b&gt;per order&lt;/b&gt;,\nplease." in page


async def test_wire_page_without_euro_has_no_code(world: World) -> None:
    session = world.session()
    details = bank(currency="CHF", epc_qr=None, bic=None)
    world.owners.add_view(
        session, status="pending_provider", provider_type="wire", bank_details=details, transfer_sent=True
    )
    page = (await get(world, f"/checkout/{CODE}/result/{TRANSACTION}")).text

    assert "<svg" not in page
    assert 'data-field="bic"' not in page
    assert "waiting for your transfer" in page
    assert 'id="transfer-sent"' not in page


async def test_assets_are_kept_for_ever_under_the_name_of_their_content(world: World) -> None:
    world.session()
    page = (await get(world, f"/checkout/{CODE}")).text
    paths = re.findall(r"/checkout/assets/[\w.-]+", page)

    assert len(paths) == 4
    for path in paths:
        answer = await get(world, path)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert (await get(world, "/checkout/assets/pages.css")).status_code == 404
    assert (await get(world, "/checkout/assets/..%2fpages.py")).status_code == 404
