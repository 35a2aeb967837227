"""The customer's API through the whole application, with its owners in memory."""

import asyncio
import json
from typing import Any

import pytest
from checkout_world import MakeWorld, PageCookie, PayerCookie, World

from checkout_api.web.schemas import BillingAddress, TransactionStartedBody
from gateway_contracts.errors import Transient
from gateway_contracts.events.transaction import TransactionLine
from gateway_contracts.requests.customer import BankDetails, NextAction, TransactionStarted

FRONTEND = {"Origin": "https://pay.test"}
TRANSACTION = "64b0000000000000000000aa"


async def test_checkout_is_read_by_the_hosted_page(world: World) -> None:
    session = world.session(description="Annual membership 2027")
    async with world.client() as client:
        answer = await client.get(f"/api/v1/checkouts/{session.id}", headers=FRONTEND)

    body = answer.json()
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://pay.test"
    assert body["id"] == session.id
    assert (body["amount"], body["currency"], body["status"]) == (4900, "EUR", "pending")
    assert body["description"] == "Annual membership 2027"
    assert body["lineItems"][0]["name"] == "Hand-thrown mug"
    assert (body["lineItems"][0]["quantity"], body["lineItems"][0]["unitAmount"]) == (2, 1950)
    assert [offer["type"] for offer in body["providers"]] == ["stripe", "wire"]
    assert body["expiresAt"] == "2026-12-24T12:00:00Z"
    assert "buyer@example.com" not in answer.text


@pytest.mark.parametrize(
    ("currency", "minor", "written"), [("JPY", 3_900, 390_000), ("KWD", 39_000, 3_900), ("EUR", 3_900, 3_900)]
)
async def test_amounts_are_written_as_the_shop_writes_them(
    world: World, currency: str, minor: int, written: int
) -> None:
    """In JSON, for pages of the shop's own; the hosted page shows the sum in words."""
    line = TransactionLine(name="Mug", quantity=1, unit_price=minor)
    session = world.session(amount=minor, currency=currency, items=(line,), amount_format="hundredths")
    details = BankDetails(account_holder="Shop", iban="", reference="RF18", amount=minor, currency=currency)
    facts = {"amount": minor, "currency": currency, "amount_format": "hundredths", "bank_details": details}
    world.owners.add_view(session, id=TRANSACTION, **facts)
    async with world.client() as client:
        checkout = (await client.get(f"/api/v1/checkouts/{session.id}", headers=FRONTEND)).json()
        status = await client.get(
            f"/api/v1/transactions/{TRANSACTION}/status", headers={"X-Checkout-Session": session.id}
        )
    assert (checkout["amount"], checkout["amountFormat"]) == (written, "hundredths")
    assert checkout["lineItems"][0]["unitAmount"] == written
    assert (status.json()["amount"], status.json()["amountFormat"]) == (written, "hundredths")
    assert status.json()["bankDetails"]["amount"] == written
    action = NextAction(type="bank_transfer", bank_details=details)
    started = TransactionStarted(transaction_id=TRANSACTION, status=0, next_action=action, amount_format="hundredths")
    shown = TransactionStartedBody.of(started, warnings=())
    assert shown.next_action.bank_details is not None
    assert (shown.next_action.bank_details.amount, shown.amount_format) == (written, "hundredths")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Referer": "https://pay.test.evil.example/"},
        {"Origin": "https://evil.example", "Referer": "https://pay.test/checkout/x"},
    ],
)
async def test_checkout_is_refused_to_other_pages(world: World, headers: dict[str, str]) -> None:
    session = world.session()
    async with world.client() as client:
        answer = await client.get(f"/api/v1/checkouts/{session.id}", headers=headers)

    assert answer.status_code == 403
    assert answer.json()["code"] == "ORIGIN_NOT_ALLOWED"
    assert "access-control-allow-origin" not in answer.headers


async def test_checkout_is_read_by_referer_active_domain_and_listed_origin(world: World) -> None:
    session = world.session()
    world.directory.add_domain("pay.merchant.example")
    world.directory.add_domain("pending.merchant.example", state="pending")
    world.directory.add_domain("other.example", organization_id="64b0000000000000000000ff")
    world.directory.add_site(allowedOrigins=["https://shop.example"])

    async def status(**headers: str) -> int:
        async with world.client() as client:
            return (await client.get(f"/api/v1/checkouts/{session.id}", headers=headers)).status_code

    assert await status(Referer="https://pay.test/checkout/Abc123Def4") == 200
    assert await status(Origin="https://pay.merchant.example") == 200
    assert await status(Origin="https://shop.example") == 200
    assert await status(Origin="https://pending.merchant.example") == 403
    assert await status(Origin="https://other.example") == 403


@pytest.mark.parametrize("name", ["cs_unknown", "cs_" + "Z" * 32, "..", "Abc123Def5"])
async def test_unknown_checkout_is_404(world: World, name: str) -> None:
    async with world.client() as client:
        answer = await client.get(f"/api/v1/checkouts/{name}", headers=FRONTEND)

    assert answer.status_code == 404


async def test_transaction_is_created_with_both_address_dialects(world: World) -> None:
    session = world.session()
    bodies = [
        {"name": "Ada B", "email": "a@example.com", "line1": "Main 1", "city": "X", "postalCode": "1", "country": "de"},
        {"firstName": "Ada", "lastName": "B", "address1": "Main 1", "postcode": "1", "country": "DE", "phone": ""},
    ]
    async with world.client() as client:
        for address in bodies:
            answer = await client.post(
                "/api/v1/transactions/create",
                json={"sessionPublicId": session.id, "providerId": session.providers[0].id, "billingAddress": address},
            )
            assert answer.status_code == 200
            assert answer.json()["status"] == 0
            assert answer.json()["nextAction"] == {
                "type": "stripe",
                "clientSecret": "pi_1_secret_2",
                "publishableKey": "pk_test_1",
            }

    first, second = (request.billing for request in world.owners.requests("public_create_transaction"))
    assert (first.name, first.address1, first.postcode, first.country) == ("Ada B", "Main 1", "1", "DE")
    assert (second.name, second.address1, second.postcode, second.phone) == ("Ada B", "Main 1", "1", None)


@pytest.mark.parametrize("empty", ["", "  ", None])
async def test_what_is_empty_was_not_given_and_what_is_unknown_is_named(world: World, empty: Any) -> None:
    session = world.session()
    names = [field.alias for field in BillingAddress.model_fields.values()]
    body = {"sessionPublicId": session.id, "providerId": session.providers[0].id, "shortCode": empty}
    addresses: tuple[object, ...] = (dict.fromkeys(names, empty), empty, {}, [])
    async with world.client() as client:
        for address in addresses:
            answer = await client.post(
                "/api/v1/transactions/create",
                content=json.dumps({**body, "billingAddress": address, "consent\ud83d": ["\ud83d", 10**30]}),
                headers={**FRONTEND, "Content-Type": "application/json"},
            )
            assert answer.status_code == 200, answer.text
            assert [warning["field"] for warning in answer.json()["warnings"]] == ["consent\ufffd"]
        named = await client.post(
            "/api/v1/transactions/create", json={**body, "billingAddress": {"city": "Bern", "lat": 1}}, headers=FRONTEND
        )

    requests = world.owners.requests("public_create_transaction")
    assert [request.billing.model_dump(exclude_none=True) for request in requests] == [{}] * 4 + [{"city": "Bern"}]
    assert [warning["field"] for warning in named.json()["warnings"]] == ["billingAddress.lat"]


@pytest.mark.parametrize("empty", ["", None])
async def test_a_required_field_without_a_value_is_named(world: World, empty: Any) -> None:
    session = world.session()
    body = {"sessionPublicId": session.id, "providerId": session.providers[0].id}
    async with world.client() as client:
        for field in body:
            answer = await client.post("/api/v1/transactions/create", json={**body, field: empty}, headers=FRONTEND)
            assert answer.status_code == 422
            assert answer.json()["details"] == [{"field": field, "message": "is required"}]


async def test_return_address_is_built_from_settings_or_the_domains_record(world: World) -> None:
    session = world.session()
    world.directory.add_domain("pay.merchant.example")
    body = {"sessionPublicId": session.id, "providerId": session.providers[0].id}
    async with world.client() as client:
        for host in ("pay.test", "evil.example", "pay.merchant.example"):
            await client.post("/api/v1/transactions/create", json=body, headers={"Host": host})

    urls = [request.return_url for request in world.owners.requests("public_create_transaction")]
    assert [url.split("/checkout/")[0] for url in urls] == [
        "https://pay.test",
        "https://pay.test",
        "https://pay.merchant.example",
    ]
    assert all("/checkout/Abc123Def4/return/" in url for url in urls)


async def test_same_idempotency_key_is_the_same_operation(world: World) -> None:
    session = world.session()
    body = {"sessionPublicId": session.id, "providerId": session.providers[0].id}
    async with world.client() as client:
        answers = [
            await client.post("/api/v1/transactions/create", json=body, headers={"Idempotency-Key": key})
            for key in ("k1", '"k1"', "k2")
        ]
        without = [await client.post("/api/v1/transactions/create", json=body) for _ in range(2)]
        wrong = await client.post("/api/v1/transactions/create", json=body, headers={"Idempotency-Key": "a b"})

    ids = [answer.json()["transactionId"] for answer in answers]
    assert ids[0] == ids[1] != ids[2]
    assert without[0].json()["transactionId"] != without[1].json()["transactionId"]
    assert (wrong.status_code, wrong.json()["code"]) == (400, "IDEMPOTENCY_KEY_INVALID")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"providerId": "64b00000000000000000000a"}, 422, None),
        ({"sessionPublicId": "cs_" + "A" * 32}, 422, "providerId"),
        ({"sessionPublicId": "cs_" + "A" * 32, "providerId": "nonsense"}, 422, "providerId"),
        (
            {
                "sessionPublicId": "cs_" + "A" * 32,
                "providerId": "64b00000000000000000000a",
                "billingAddress": {"name": "x" * 201},
            },
            422,
            "billingAddress.name",
        ),
        ({"sessionPublicId": "cs_" + "Q" * 32, "providerId": "64b00000000000000000000a"}, 404, None),
    ],
)
async def test_bad_creation_is_refused_with_its_field(
    world: World, body: dict[str, Any], status: int, field: str | None
) -> None:
    world.session()
    async with world.client() as client:
        answer = await client.post("/api/v1/transactions/create", json=body)

    assert answer.status_code == status
    if field:
        assert [item["field"] for item in answer.json()["details"]] == [field]
    assert world.owners.requests("public_create_transaction") == []


@pytest.mark.parametrize(
    "email", ["nonsense", "a@b", "@b.example", "a b@c.example", "a@b.example\r\nBcc: c@d.example", "a@b." + "c" * 260]
)
async def test_what_is_no_email_is_refused_at_its_field(world: World, email: str) -> None:
    session = world.session()
    body = {"sessionPublicId": session.id, "providerId": session.providers[0].id, "billingAddress": {"email": email}}
    async with world.client() as client:
        answer = await client.post("/api/v1/transactions/create", json=body)

    assert answer.status_code == 422
    assert [item["field"] for item in answer.json()["details"]] == ["billingAddress.email"]
    assert world.owners.requests("public_create_transaction") == []


@pytest.mark.parametrize("field", sorted(BillingAddress.model_json_schema()["properties"]))
async def test_no_field_of_a_buyer_holds_control_characters(world: World, field: str) -> None:
    session = world.session()
    for text in ("a\x00b", "\x00", "\x1b[2J", "a@b.example\x7f"):
        body = {"sessionPublicId": session.id, "providerId": session.providers[0].id, "billingAddress": {field: text}}
        async with world.client() as client:
            answer = await client.post("/api/v1/transactions/create", json=body)
        assert answer.status_code == 422
        assert [item["field"] for item in answer.json()["details"]] == [f"billingAddress.{field}"]
    assert world.owners.requests("public_create_transaction") == []


async def test_page_creates_by_its_cookie_without_knowing_the_session(world: World, page_cookie: PageCookie) -> None:
    session = world.session()
    body = {"shortCode": session.short_code, "providerId": session.providers[0].id}
    async with world.client(cookies=page_cookie(session)) as client:
        own = await client.post("/api/v1/transactions/create", json=body, headers={"Sec-Fetch-Site": "same-origin"})
        foreign = await client.post("/api/v1/transactions/create", json=body, headers={"Sec-Fetch-Site": "same-site"})
    async with world.client() as client:
        without = await client.post("/api/v1/transactions/create", json=body)

    assert (own.status_code, foreign.status_code, without.status_code) == (200, 404, 404)


@pytest.mark.parametrize(("method", "action"), [("GET", "status"), ("POST", "cancel"), ("POST", "mark-pending")])
async def test_transaction_needs_proof_of_ownership(
    world: World, page_cookie: PageCookie, method: str, action: str
) -> None:
    session = world.session()
    other = world.session(id="cs_" + "B" * 32, short_code="Other00001")
    world.owners.add_view(session, status="initiated", provider_type="wire")
    path = f"/api/v1/transactions/{TRANSACTION}/{action}"

    async def status(**options: Any) -> int:
        async with world.client(cookies=options.pop("cookies", None)) as client:
            return (await client.request(method, path, **options)).status_code

    assert await status() == 404
    assert await status(headers={"X-Checkout-Session": other.id}) == 404
    assert await status(headers={"X-Checkout-Session": "x"}) == 404
    assert await status(cookies=page_cookie(session), headers={"Sec-Fetch-Site": "cross-site"}) == 404
    assert await status(headers={"X-Checkout-Session": session.id}) == 200
    assert await status(cookies={**page_cookie(other), **page_cookie(session)}) == 200


async def test_status_has_the_text_and_the_integer(world: World) -> None:
    session = world.session()
    world.owners.add_view(session, status="succeeded")
    async with world.client(headers={"X-Checkout-Session": session.id}) as client:
        body = (await client.get(f"/api/v1/transactions/{TRANSACTION}/status")).json()

    assert (body["id"], body["status"], body["statusCode"]) == (TRANSACTION, "succeeded", 1)
    assert (body["amount"], body["currency"]) == (4900, "EUR")
    assert "sessionPublicId" not in body


async def test_conflict_of_the_owner_is_passed_on(world: World) -> None:
    session = world.session()
    world.owners.add_view(session)
    async with world.client(headers={"X-Checkout-Session": session.id}) as client:
        answer = await client.post(f"/api/v1/transactions/{TRANSACTION}/mark-pending")

    assert (answer.status_code, answer.json()["code"]) == (409, "MARK_PENDING_NOT_SUPPORTED")


async def test_missing_owner_is_503_with_retry_after(world: World) -> None:
    session = world.session()
    world.owners.failing["public_get_checkout"] = Transient("no answer", code="SERVICE_UNAVAILABLE")
    async with world.client() as client:
        answer = await client.get(f"/api/v1/checkouts/{session.id}", headers=FRONTEND)

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1


async def test_documents_are_listed_and_streamed_to_callers_that_name_the_session(world: World) -> None:
    session = world.session()
    document = world.owners.add_document(session)
    async with world.client() as client:
        listed = (await client.get(f"/api/v1/checkouts/{session.id}/documents")).json()["documents"]
        pdf = await client.get(listed[0]["pdfUrl"])
        address = listed[0]["pdfUrl"]
        part = await client.get(address, headers={"Range": "bytes=-7"})
        beyond = await client.get(address, headers={"Range": "bytes=99-"})
        known = await client.get(address, headers={"If-None-Match": pdf.headers["etag"]})
        head = await client.head(address)
        foreign = await client.get(f"/api/v1/checkouts/cs_{'B' * 32}/documents/{document.id}/pdf")
        malformed = await client.get(f"/api/v1/checkouts/{session.id}/documents/..%2Fx/pdf")

    assert (listed[0]["number"], listed[0]["kind"], listed[0]["total"]) == ("TEST-INV-2026-00001", "invoice", 4900)
    assert pdf.content == b"%PDF-1.7 example"
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.headers["content-disposition"] == 'inline; filename="TEST-INV-2026-00001.pdf"'
    assert (part.status_code, part.content) == (206, b"example")
    assert [beyond.status_code, known.status_code, head.status_code] == [416, 304, 200]
    assert head.headers["content-length"] == str(len(pdf.content))
    assert (foreign.status_code, malformed.status_code) == (404, 404)


async def test_document_that_is_not_rendered_yet_asks_for_patience(world: World) -> None:
    session = world.session()
    document = world.owners.add_document(session, rendered=False)
    async with world.client() as client:
        listed = (await client.get(f"/api/v1/checkouts/{session.id}/documents")).json()["documents"]
        pdf = await client.get(f"/api/v1/checkouts/{session.id}/documents/{document.id}/pdf")

    assert "pdfUrl" not in listed[0]
    assert (pdf.status_code, pdf.json()["code"]) == (503, "DOCUMENT_NOT_READY")


async def test_preflight_is_answered_for_our_pages_only(world: World) -> None:
    world.directory.add_domain("pay.merchant.example")
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-checkout-session"}
    async with world.client(base_url="https://hooks.test") as client:
        ours = await client.options("/api/v1/transactions/create", headers={"Origin": "https://pay.test", **asks})
        domain = await client.options("/api/v1/x", headers={"Origin": "https://pay.merchant.example", **asks})
        foreign = await client.options("/api/v1/transactions/create", headers={"Origin": "https://evil.test", **asks})

    assert ours.status_code == domain.status_code == 204
    assert "X-Checkout-Session" in ours.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in ours.headers
    assert foreign.status_code == 403
    assert "access-control-allow-origin" not in foreign.headers


async def test_health_is_public_and_its_details_are_not(world: World) -> None:
    async with world.client() as client:
        assert (await client.get("/health")).json() == {"status": "ok"}
        assert (await client.get("/internal/health")).status_code == 404
    async with world.client(address="127.0.0.1") as client:
        assert (await client.get("/internal/health")).status_code == 200
        assert (await client.get("/internal/health", headers={"X-Real-IP": "127.0.0.1"})).status_code == 404


async def test_hooks_reach_their_endpoint_and_nothing_else_does(world: World) -> None:
    async with world.client() as client:
        assert (await client.post("/hooks/stripe/64b0", content=b"{}")).status_code == 299
        assert (await client.get("/.well-known/apple-developer-merchantid-domain-association")).status_code == 404
        assert (await client.get("/docs")).status_code == 404
        assert (await client.get("/openapi.json")).status_code == 404


async def test_a_body_that_is_not_said_to_be_json_is_415(world: World) -> None:
    async with world.client(headers=FRONTEND) as client:
        for path in ("/api/v1/transactions/create", f"/api/v1/transactions/{TRANSACTION}/cancel"):
            for content_type in (None, "text/plain", "application/x-www-form-urlencoded", "application/xml"):
                headers = {} if content_type is None else {"Content-Type": content_type}
                answer = await client.post(path, content=b'{"a": 1}', headers=headers)
                assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
                assert answer.headers["access-control-allow-origin"] == FRONTEND["Origin"]
            unreadable = await client.post(path, content=b"[", headers={"Content-Type": "application/json"})
            assert (unreadable.status_code, unreadable.json()["code"]) == (400, "BAD_REQUEST")


async def test_large_body_is_413(world: World) -> None:
    async with world.client() as client:
        answer = await client.post("/api/v1/transactions/create", content=b"x" * (1024 * 1024 + 1))

    assert answer.status_code == 413


# --- event stream: httpx's ASGI transport collects whole bodies, so these streams are read as raw messages ------------


class Stream:
    """One open event stream."""

    def __init__(self, app: Any, transaction_id: str, headers: dict[str, str]) -> None:
        self.status: int | None = None
        self._events: asyncio.Queue[tuple[str, Any] | None] = asyncio.Queue()
        self._gone = asyncio.Event()
        path = f"/api/v1/transactions/{transaction_id}/events"
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"",
                 "headers": [*raw, (b"host", b"pay.test")], "client": ("203.0.113.9", 1), "scheme": "https",
                 "server": ("pay.test", 443), "http_version": "1.1", "asgi": {"version": "3.0"}}  # fmt: skip
        self._task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        for block in message.get("body", b"").decode().split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and line[0] != ":")
            if "event" in lines:
                self._events.put_nowait((lines["event"], json.loads(lines["data"])))
        if not message.get("more_body"):
            self._events.put_nowait(None)

    async def next(self) -> tuple[str, Any] | None:
        return await asyncio.wait_for(self._events.get(), 60)

    async def leave(self) -> None:
        self._gone.set()
        await asyncio.wait_for(self._task, 60)


async def test_stream_follows_a_payment_to_its_invoice(world: World) -> None:
    session = world.session()
    world.owners.add_view(session)
    stream = Stream(world.app, TRANSACTION, {"X-Checkout-Session": session.id})
    assert (await stream.next())[1]["status"] == "pending_provider"

    world.owners.change(TRANSACTION, status="succeeded")
    await world.nudge(TRANSACTION)
    name, body = await stream.next()
    assert (name, body["status"], body["documents"], body["isComplete"]) == ("status", "succeeded", [], False)

    world.owners.add_document(session)
    await world.nudge(TRANSACTION)
    name, body = await stream.next()
    assert body["documents"][0]["pdfUrl"].startswith(f"/api/v1/checkouts/{session.id}/documents/")
    assert body["isComplete"]
    assert await stream.next() == ("end", {})
    assert await stream.next() is None


@pytest.mark.parametrize("guessed", [{}, {"X-Checkout-Session": "x"}, {"X-Checkout-Session": "cs_" + "B" * 32}])
@pytest.mark.parametrize("has_paid", [True, False])
async def test_stream_of_a_page_never_names_the_session_and_shows_documents_to_the_payer_only(
    world: World, page_cookie: PageCookie, payer_cookie: PayerCookie, has_paid: bool, guessed: dict[str, str]
) -> None:
    session = world.session()
    world.owners.add_view(session, status="succeeded")
    world.owners.add_document(session)
    cookies = {**page_cookie(session), **(payer_cookie(session, TRANSACTION) if has_paid else {})}
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    stream = Stream(world.app, TRANSACTION, {"Cookie": cookie, **guessed})

    _, body = await stream.next()
    assert [document["isReady"] for document in body["documents"]] == ([True] if has_paid else [])
    assert body["isComplete"]
    assert session.id not in json.dumps(body)


async def test_stream_survives_an_owner_that_is_away(world: World) -> None:
    session = world.session()
    world.owners.add_view(session)
    stream = Stream(world.app, TRANSACTION, {"X-Checkout-Session": session.id})
    await stream.next()

    world.owners.failing["public_get_status"] = Transient("away")
    await world.nudge(TRANSACTION)
    await asyncio.sleep(0)
    del world.owners.failing["public_get_status"]
    world.owners.change(TRANSACTION, status="failed")
    await world.nudge(TRANSACTION)

    assert (await stream.next())[1]["status"] == "failed"
    assert (await stream.next())[0] == "end"


async def test_stream_needs_proof_of_ownership(world: World) -> None:
    session = world.session()
    world.owners.add_view(session)
    stream = Stream(world.app, TRANSACTION, {})

    await stream.next()
    assert stream.status == 404


async def test_streams_are_bounded(make_world: MakeWorld) -> None:
    world = make_world(event_streams_max=1)
    session = world.session()
    world.owners.add_view(session)
    first = Stream(world.app, TRANSACTION, {"X-Checkout-Session": session.id})
    await first.next()

    second = Stream(world.app, TRANSACTION, {"X-Checkout-Session": session.id})
    await second.next()
    assert second.status == 503
    await first.leave()

    third = Stream(world.app, TRANSACTION, {"X-Checkout-Session": session.id})
    await third.next()
    assert third.status == 200
    await third.leave()


async def test_streams_end_at_shutdown(world: World) -> None:
    session = world.session()
    world.owners.add_view(session)
    stream = Stream(world.app, TRANSACTION, {"X-Checkout-Session": session.id})
    await stream.next()

    world.nudges.close()

    assert await stream.next() is None
