"""Transactions, invoices, clients, cases and domains over HTTP; their owners answer from memory."""

from datetime import UTC, datetime
from typing import Any

import pytest
from admin_world import Api
from owned_objects import AT, ID, OTHER_ID, SITE, a_transaction, an_invoice

from gateway_contracts.config import DomainConfig
from gateway_contracts.errors import NotFound
from gateway_contracts.requests import case, domains, invoice, ipn, transaction
from gateway_contracts.requests.case import CasePage
from gateway_contracts.requests.invoice import DocumentRef, InvoicePage
from gateway_contracts.requests.ipn import DeliveryPage, DeliveryRecord
from gateway_contracts.requests.transaction import TransactionPage
from gateway_kit.mongo.pages import write_cursor

pytestmark = pytest.mark.integration


def a_delivery() -> DeliveryRecord:
    return DeliveryRecord(
        id="d1",
        transaction_id=ID,
        checkout_id=OTHER_ID,
        ipn_status=1,
        event_version=1,
        dialect=1,
        state="delivered",
        url="https://shop.example/ipn",
        created_at=AT,
    )


@pytest.fixture
async def key(api: Api) -> str:
    return str(await api.key(await api.organization()))


async def test_a_transaction_tells_its_whole_story(api: Api, key: str) -> None:
    api.owners.answers[transaction.GET_TRANSACTION.subject] = lambda _: a_transaction()
    api.owners.answers[ipn.LIST_DELIVERIES.subject] = lambda _: DeliveryPage(
        deliveries=(a_delivery(),), total=1, page=1, limit=100
    )
    api.owners.answers[invoice.LIST_INVOICES.subject] = lambda _: InvoicePage(
        invoices=(an_invoice(),), total=1, page=1, limit=1
    )

    body = (await api.ask("GET", f"/transactions/{ID}", key)).json()

    assert body["status"] == "succeeded"
    assert body["timeline"][0]["type"] == "created"
    assert body["traceId"] == "a" * 32
    assert body["invoiceId"] == OTHER_ID
    assert body["ipn"][0]["state"] == "delivered"
    assert body["unavailable"] == []


async def test_a_transaction_is_readable_while_ipn_and_invoice_are_down(api: Api, key: str) -> None:
    api.owners.answers[transaction.GET_TRANSACTION.subject] = lambda _: a_transaction()

    answer = await api.ask("GET", f"/transactions/{ID}", key)

    assert answer.status_code == 200
    assert (answer.json()["ipn"], answer.json()["invoiceId"]) == (None, None)
    assert answer.json()["unavailable"] == ["ipn", "invoiceId"]


async def test_filters_reach_the_owner_in_one_spelling(api: Api, key: str) -> None:
    api.owners.answers[transaction.LIST_TRANSACTIONS.subject] = lambda query: TransactionPage(
        transactions=(a_transaction(),), total=1, page=query.page, limit=query.limit, next_cursor="c"
    )

    query = "status=cancelled&currency=eur&from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00%2B01:00&siteId=s&limit=7"
    body = (await api.ask("GET", f"/transactions?{query}", key)).json()

    request = api.owners.asked_for(transaction.LIST_TRANSACTIONS)[0][1]
    assert (request.status, request.currency, request.site_id, request.limit) == ("canceled", "EUR", "s", 7)
    assert request.created_from == datetime(2026, 1, 1, tzinfo=UTC)
    assert {name: body[name] for name in ("total", "page", "limit", "nextCursor", "totalCapped")} == {
        "total": 1,
        "page": 1,
        "limit": 7,
        "nextCursor": "c",
        "totalCapped": False,
    }


async def test_money_that_went_back_is_a_filter_of_transactions(api: Api, key: str) -> None:
    api.owners.answers[transaction.LIST_TRANSACTIONS.subject] = lambda query: TransactionPage(
        transactions=(), total=0, page=query.page, limit=query.limit
    )
    for query in ("disputed=true", "refunded=false", "disputed=false&refunded=true", "status=succeeded"):
        assert (await api.ask("GET", f"/transactions?{query}", key)).status_code == 200
    requests = [call[1] for call in api.owners.asked_for(transaction.LIST_TRANSACTIONS)]

    assert [(request.disputed, request.refunded) for request in requests] == [
        (True, None),
        (None, False),
        (False, True),
        (None, None),
    ]
    refused = await api.ask("GET", "/transactions?disputed=perhaps", key)
    assert (refused.status_code, refused.json()["code"]) == (422, "VALIDATION_FAILED")


async def test_only_transactions_are_described_with_these_filters(api: Api) -> None:
    paths = (await api.http.get("/api/v1/openapi.json")).json()["paths"]

    def parameters(name: str) -> dict[str, Any]:
        (path,) = (path for path in paths if path.endswith(f"/{name}"))
        return {parameter["name"]: parameter for parameter in paths[path]["get"]["parameters"]}

    for name in ("disputed", "refunded"):
        described = parameters("transactions")[name]
        assert described["description"]
        assert described["schema"]["examples"] == [True]
        assert not [owner for owner in ("checkouts", "cases") if name in parameters(owner)]


async def test_impossible_pages_and_filters_are_refused(api: Api, key: str) -> None:
    for query, status, code in (
        ("limit=101", 422, "VALIDATION_FAILED"),
        ("page=0", 422, "VALIDATION_FAILED"),
        ("page=101&limit=100", 400, "CURSOR_REQUIRED"),
        ("currency=QQQ", 422, "CURRENCY_UNKNOWN"),
        ("currency=XAU", 422, "CURRENCY_UNKNOWN"),
        ("from=yesterday", 422, "VALIDATION_FAILED"),
    ):
        answer = await api.ask("GET", f"/transactions?{query}", key)
        assert (answer.status_code, answer.json()["code"]) == (status, code), query


async def test_receipts_and_cancels_carry_an_operation_and_replay(api: Api, key: str) -> None:
    api.owners.answers[transaction.RECORD_RECEIPT.subject] = lambda _: a_transaction(received=4900)
    api.owners.answers[transaction.CANCEL_TRANSACTION.subject] = lambda _: a_transaction(status="canceled")
    receipt = {"amount": 4900, "currency": "EUR", "receivedAt": "2026-01-20T09:00:00Z", "bankReference": "B-1"}

    first = await api.ask("POST", f"/transactions/{ID}/receipts", key, receipt, Idempotency_Key="r")
    again = await api.ask("POST", f"/transactions/{ID}/receipts", key, receipt, Idempotency_Key="r")
    canceled = await api.ask("POST", f"/transactions/{ID}/cancel", key)

    assert (first.status_code, first.json()["received"]) == (201, 4900)
    assert first.content == again.content
    assert canceled.json()["status"] == "canceled"
    assert len(api.owners.asked_for(transaction.RECORD_RECEIPT)) == 1
    assert api.owners.asked_for(transaction.CANCEL_TRANSACTION)[0][3].startswith("op_")
    # A payment of the old days in money that is none any more: what arrives for it is recorded, and found.
    old = await api.ask("POST", f"/transactions/{ID}/receipts", key, {**receipt, "currency": "BGN"})
    assert old.status_code == 201
    assert api.owners.asked_for(transaction.RECORD_RECEIPT)[-1][1].currency == "BGN"
    for wrong in ({"receivedAt": "2026-01-20"}, {"receivedAt": "soon"}, {"amount": 0}, {"bankReference": ""}):
        answer = await api.ask("POST", f"/transactions/{ID}/receipts", key, {**receipt, **wrong})
        assert answer.status_code == 422, wrong


async def test_an_invoice_pdf_is_served_with_name_and_etag(api: Api, key: str) -> None:
    sha = "b" * 64
    api.owners.answers[invoice.GET_INVOICE_PDF.subject] = lambda _: DocumentRef(
        object_name="o1", file_name="Rechnung Nr. 1 – Köln.pdf", sha256=sha, key=""
    )
    api.papers.stored["o1"] = b"%PDF-1.7 test"

    answer = await api.ask("GET", f"/invoices/{ID}/pdf", key)
    cached = await api.ask("GET", f"/invoices/{ID}/pdf", key, If_None_Match=f'"{sha}"')

    assert answer.content == b"%PDF-1.7 test"
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["etag"] == f'"{sha}"'
    assert answer.headers["content-disposition"] == (
        'attachment; filename="Rechnung Nr. 1 _ K_ln.pdf"; '
        "filename*=UTF-8''Rechnung%20Nr.%201%20%E2%80%93%20K%C3%B6ln.pdf"
    )
    assert (cached.status_code, cached.content) == (304, b"")
    part = await api.ask("GET", f"/invoices/{ID}/pdf", key, Range="bytes=0-3", If_Range=f'"{sha}"')
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"%PDF", "bytes 0-3/13")
    beyond = await api.ask("GET", f"/invoices/{ID}/pdf", key, Range="bytes=13-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */13")
    head = await api.ask("HEAD", f"/invoices/{ID}/pdf", key)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "13")


async def test_invoices_and_cases_are_listed(api: Api, key: str) -> None:
    api.owners.answers[invoice.LIST_INVOICES.subject] = lambda _: InvoicePage(
        invoices=(an_invoice(),), total=1, page=1, limit=50
    )
    api.owners.answers[invoice.GET_INVOICE.subject] = lambda _: an_invoice()
    api.owners.answers[case.LIST_CASES.subject] = lambda _: CasePage(
        cases=(), total=10_000, total_capped=True, page=1, limit=50, next_cursor="following"
    )

    listed = (await api.ask("GET", f"/invoices?transactionId={ID}", key)).json()
    assert listed["invoices"][0]["number"] == "INV-0001"
    assert api.owners.asked_for(invoice.LIST_INVOICES)[0][1].transaction_id == ID
    assert (await api.ask("GET", f"/invoices/{OTHER_ID}", key)).json()["total"] == 4900
    cursor = write_cursor(ID)
    cases = (await api.ask("GET", f"/cases?status=open&cursor={cursor}", key)).json()
    assert (cases["cases"], cases["totalCapped"], cases["nextCursor"]) == ([], True, "following")
    assert api.owners.asked_for(case.LIST_CASES)[0][1].cursor == cursor


async def test_what_an_owner_does_not_know_is_404(api: Api, key: str) -> None:
    def unknown(_request: Any) -> Any:
        raise NotFound("no such transaction", code="TRANSACTION_NOT_FOUND")

    api.owners.answers[transaction.GET_TRANSACTION.subject] = unknown

    answer = await api.ask("GET", f"/transactions/{ID}", key)
    assert (answer.status_code, answer.json()["code"]) == (404, "TRANSACTION_NOT_FOUND")
    assert (await api.ask("GET", "/transactions/xyz", key)).status_code == 404
    assert (await api.ask("GET", "/nowhere", key)).json()["code"] == "NOT_FOUND"


async def test_caddy_asks_from_the_inside_only(api: Api) -> None:
    for name, state in (
        ("pay.shop.example", "active"),
        ("new.shop.example", "pending"),
        ("old.shop.example", "suspended"),
    ):
        api.domains[name] = DomainConfig(name=name, organization_id="o", site_id=SITE, version=1, state=state)  # type: ignore[arg-type]  # literals above

    async def ask(name: str, **headers: str) -> tuple[int, bytes]:
        answer = await api.http.get("/api/v1/domains/verify", params={"domain": name}, headers=headers)
        return answer.status_code, answer.content

    assert await ask("pay.shop.example") == (200, b"")
    assert await ask("PAY.shop.example.") == (200, b"")
    for name in ("new.shop.example", "old.shop.example", "unknown.example", ""):
        assert await ask(name) == (403, b"")
    assert (await ask("pay.shop.example", **{"x-forwarded-for": "1.2.3.4"}))[0] == 404


async def test_domains_are_handed_to_their_owner(api: Api) -> None:
    key = await api.key(await api.organization(), livemode=True)
    site = await api.site(key)
    record = domains.DomainRecord(
        id=ID, name="pay.shop.example", site_id=site["id"], state="pending", cname_target="pay.example", created_at=AT
    )
    api.owners.answers[domains.REGISTER_DOMAIN.subject] = lambda _: record
    api.owners.answers[domains.VERIFY_DOMAIN.subject] = lambda _: record
    api.owners.answers[domains.GET_DOMAIN.subject] = lambda _: record
    api.owners.answers[domains.REMOVE_DOMAIN.subject] = lambda _: record
    api.owners.answers[domains.LIST_DOMAINS.subject] = lambda _: domains.DomainPage(
        domains=(record,), total=1, page=1, limit=50
    )
    api.domains["pay.shop.example"] = DomainConfig(
        name="pay.shop.example", organization_id="o", site_id=site["id"], version=1, state="pending"
    )

    created = await api.ask("POST", "/domains", key, {"siteId": site["id"], "name": " Pay.Shop.Example "})

    assert (created.status_code, created.json()["cnameTarget"]) == (201, "pay.example")
    assert api.owners.asked_for(domains.REGISTER_DOMAIN)[0][1].name == "pay.shop.example"
    cursor = write_cursor(ID)
    listed = (await api.ask("GET", f"/domains?cursor={cursor}&from=2026-01-01T00:00:00Z", key)).json()
    assert (listed["total"], listed["nextCursor"]) == (1, None)
    assert api.owners.asked_for(domains.LIST_DOMAINS)[0][1].cursor == cursor
    assert (await api.ask("GET", f"/domains/{ID}", key)).json()["name"] == "pay.shop.example"
    assert (await api.ask("GET", f"/domains/verify-cname?id={ID}", key)).status_code == 200
    assert (await api.ask("GET", "/domains/verify-cname?domain=pay.shop.example", key)).status_code == 200
    assert (await api.ask("GET", "/domains/verify-cname?domain=other.example", key)).status_code == 404
    assert (await api.ask("GET", "/domains/verify-cname", key)).status_code == 400
    assert (await api.ask("DELETE", f"/domains/{ID}", key)).status_code == 204
    answer = await api.ask("POST", "/domains", key, {"siteId": ID, "name": "pay.shop.example"})
    assert (answer.status_code, answer.json()["code"]) == (404, "SITE_NOT_FOUND")


async def test_the_documentation_describes_every_route(api: Api) -> None:
    page = await api.http.get("/api/v1/docs")
    assert page.status_code == 200
    spec = (await api.http.get("/api/v1/openapi.json")).json()
    for path, operations in spec["paths"].items():
        for verb, operation in operations.items():
            assert operation.get("description"), f"{verb} {path}"
    assert "CheckoutIn" in spec["components"]["schemas"]
    assert "/api/v1/domains/verify" not in spec["paths"]
