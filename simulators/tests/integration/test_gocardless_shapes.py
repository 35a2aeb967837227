"""GoCardless' resources as its own library reads them; what GoCardless refuses is refused."""

import inspect
import secrets
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import gocardless_pro
import httpx
import pytest
from gocardless_pro import errors

pytestmark = pytest.mark.integration

# Present only where they mean something: GoCardless leaves the others out.
CONDITIONAL = frozenset({"links", "details", "metadata", "resource_metadata"})


@pytest.fixture(scope="session")
def gocardless(start_simulator: Any) -> Any:
    return start_simulator("gocardless")


@pytest.fixture
def token() -> str:
    return f"sandbox_{secrets.token_hex(12)}"


@pytest.fixture
def client(gocardless: Any, token: str) -> gocardless_pro.Client:
    return gocardless_pro.Client(access_token=token, base_url=gocardless.origin)


def lacking(resource: Any, path: str = "") -> Iterator[str]:
    """Fields that the library's class reads and the resource has not."""
    for name, _ in inspect.getmembers(type(resource), lambda member: isinstance(member, property)):
        if name not in resource.attributes:
            yield path + name
        elif name not in CONDITIONAL and hasattr(value := getattr(resource, name), "attributes"):
            yield from lacking(value, f"{path}{name}.") if value.attributes is not None else ()


def refusal(act: Callable[[], Any]) -> Any:
    with pytest.raises(errors.ApiError) as refused:
        act()
    assert str(refused.value)
    return refused.value


async def mandate_of(gocardless: Any, client: gocardless_pro.Client, currency: str = "EUR", **asked: Any) -> str:
    request = client.billing_requests.create(params={"mandate_request": {"currency": currency}, **asked})
    await gocardless.control("POST", f"/billing_requests/{request.id}/fulfil")
    return str(client.billing_requests.get(request.id).links.mandate_request_mandate)


def pay(client: gocardless_pro.Client, mandate: str, **fields: Any) -> Any:
    return client.payments.create(params={"amount": 1099, "currency": "EUR", "links": {"mandate": mandate}, **fields})


async def test_every_resource_has_the_fields_of_the_library(gocardless: Any, client: gocardless_pro.Client) -> None:
    asked: dict[str, Any] = {"payment_request": {"currency": "EUR", "amount": 500, "description": "First"}}
    empty = client.billing_requests.create(params={"mandate_request": {"currency": "EUR"}})
    flow = client.billing_request_flows.create(params={"links": {"billing_request": empty.id}})
    payment = pay(client, await mandate_of(gocardless, client, **asked))
    client.scenario_simulators.run("payment_paid_out", params={"links": {"resource": payment.id}})
    other = pay(client, payment.links.mandate)
    client.scenario_simulators.run("payment_confirmed", params={"links": {"resource": other.id}})
    refunded = {"amount": 99, "total_amount_confirmation": 99, "links": {"payment": other.id}}
    client.refunds.create(params=refunded)

    for service in (
        client.billing_requests,
        client.customers,
        client.customer_bank_accounts,
        client.mandates,
        client.payments,
        client.refunds,
        client.payouts,
        client.creditors,
        client.events,
    ):
        records = service.list().records
        assert records, service
        for found in [*records, service.get(records[0].id)]:
            assert (type(found).__name__, list(lacking(found))) == (type(found).__name__, [])
    payout = client.payments.get(payment.id).links.payout
    items = client.payout_items.list(params={"payout": payout}).records
    assert [list(lacking(found)) for found in (flow, *items)] == [[]] * (1 + len(items))
    assert sum(float(item.amount) for item in items) == client.payouts.get(payout).amount


async def test_a_mandate_and_a_payment_at_once_in_one_request(gocardless: Any, client: gocardless_pro.Client) -> None:
    request = client.billing_requests.create(
        params={
            "mandate_request": {"currency": "GBP"},
            "payment_request": {"currency": "GBP", "amount": 1500, "metadata": {"order": "42"}},
        }
    )

    await gocardless.control("POST", f"/billing_requests/{request.id}/fulfil")

    links = client.billing_requests.get(request.id).links
    payment = client.payments.get(links.payment_request_payment)
    assert (payment.amount, payment.scheme, payment.metadata) == (1500, "faster_payments", {"order": "42"})
    mandate = client.mandates.get(links.mandate_request_mandate)
    assert (mandate.scheme, payment.links.mandate, mandate.links.customer) == ("bacs", mandate.id, links.customer)
    assert client.customer_bank_accounts.get(mandate.links.customer_bank_account).links.customer == links.customer


async def test_a_payment_at_once_needs_no_mandate(gocardless: Any, client: gocardless_pro.Client, until: Any) -> None:
    request = client.billing_requests.create(params={"payment_request": {"currency": "EUR", "amount": 1500}})

    await gocardless.control("POST", f"/billing_requests/{request.id}/fulfil")

    payment = client.billing_requests.get(request.id).links.payment_request_payment
    until(lambda: client.payments.get(payment).status == "confirmed")
    assert client.mandates.list().records == []


def test_a_merchants_own_pages_collect_step_by_step(client: gocardless_pro.Client) -> None:
    request = client.billing_requests.create(params={"mandate_request": {"currency": "EUR"}})
    person = {"given_name": "Ada", "family_name": "Lovelace", "email": "ada@example.com"}
    refused = refusal(lambda: client.billing_requests.confirm_payer_details(request.id))

    client.billing_requests.collect_customer_details(request.id, params={"customer": person})
    client.billing_requests.collect_bank_account(
        request.id, params={"iban": "DE89370400440532013000", "account_holder_name": "Ada Lovelace"}
    )
    ready = client.billing_requests.confirm_payer_details(request.id)
    done = client.billing_requests.fulfil(request.id)

    assert (refused.type, ready.status, done.status) == ("invalid_state", "ready_to_fulfil", "fulfilled")
    assert {action["status"] for action in done.actions} == {"completed"}
    customer = client.customers.get(done.links.customer)
    assert (customer.given_name, customer.email) == ("Ada", "ada@example.com")
    assert client.customer_bank_accounts.get(done.links.customer_bank_account).account_number_ending == "00"


def test_customers_and_their_accounts_are_made_changed_and_listed(client: gocardless_pro.Client) -> None:
    customer = client.customers.create(params={"given_name": "Ada", "family_name": "Lovelace"})
    account = client.customer_bank_accounts.create(
        params={
            "account_holder_name": "Ada Lovelace",
            "iban": "DE89370400440532013000",
            "links": {"customer": customer.id},
        }
    )
    mandate = client.mandates.create(params={"scheme": "sepa_core", "links": {"customer_bank_account": account.id}})

    changed = client.customers.update(customer.id, params={"email": "ada@example.com", "metadata": {"vip": "yes"}})

    assert (changed.email, changed.given_name, changed.metadata) == ("ada@example.com", "Ada", {"vip": "yes"})
    accounts = client.customer_bank_accounts.list(params={"customer": customer.id}).records
    assert [found.id for found in accounts] == [account.id]
    assert pay(client, mandate.id).links.mandate == mandate.id
    assert [found.id for found in client.payments.list(params={"customer": customer.id}).records]
    assert not client.customer_bank_accounts.disable(account.id).enabled


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "mandate_request"),
        ({"mandate_request": []}, "mandate_request"),
        ({"mandate_request": {"currency": "JPY"}}, "mandate_request.currency"),
        ({"mandate_request": {"currency": "GBP", "scheme": "sepa_core"}}, "mandate_request.scheme"),
        ({"mandate_request": {"currency": "EUR", "scheme": "moon_core"}}, "mandate_request.scheme"),
        ({"payment_request": {"currency": "SEK", "amount": 1}}, "payment_request.currency"),
        ({"payment_request": {"currency": "EUR"}}, "payment_request.amount"),
        (
            {"mandate_request": {"currency": "EUR"}, "payment_request": {"currency": "GBP", "amount": 1}},
            "payment_request.currency",
        ),
        ({"mandate_request": {"currency": "EUR"}, "metadata": {"a": "1", "b": "2", "c": "3", "d": "4"}}, "metadata"),
    ],
)
def test_a_billing_request_that_gocardless_refuses(client: gocardless_pro.Client, asked: Any, field: str) -> None:
    refused = refusal(lambda: client.billing_requests.create(params=asked))

    assert (refused.type, refused.errors[0]["field"]) == ("validation_failed", field)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"charge_date": "2020-01-02"}, "charge_date"),
        ({"charge_date": "2030-02-30"}, "charge_date"),
        ({"charge_date": "tomorrow"}, "charge_date"),
        ({"currency": "GBP"}, "currency"),
        ({"currency": "USD"}, "currency"),
        ({"currency": None}, "currency"),
        ({"amount": 0}, "amount"),
        ({"amount": "1099"}, "amount"),
        ({"description": "x" * 101}, "description"),
        ({"links": []}, "links.mandate"),
        ({"links": {"mandate": ["MD1"]}}, "links.mandate"),
    ],
)
async def test_a_payment_that_gocardless_refuses(
    gocardless: Any, client: gocardless_pro.Client, fields: Any, field: str
) -> None:
    mandate = await mandate_of(gocardless, client)

    refused = refusal(lambda: pay(client, mandate, **fields))

    assert (refused.type, refused.errors[0]["field"]) == ("validation_failed", field)
    assert client.payments.list().records == []


async def test_a_later_charge_date_is_kept_and_waited_for(gocardless: Any, client: gocardless_pro.Client) -> None:
    mandate = await mandate_of(gocardless, client)
    possible = date.fromisoformat(client.mandates.get(mandate).next_possible_charge_date)
    saturday = possible + timedelta(days=(5 - possible.weekday()) % 7 + 7)

    too_early = (possible - timedelta(days=1)).isoformat()
    assert refusal(lambda: pay(client, mandate, charge_date=too_early)).errors[0]["field"] == "charge_date"
    first = pay(client, mandate, charge_date=possible.isoformat())
    later = pay(client, mandate, charge_date=saturday.isoformat())

    assert first.charge_date == possible.isoformat()
    assert later.charge_date == (saturday + timedelta(days=2)).isoformat()
    await gocardless.control("POST", "/clock/advance", {"days": 3})
    assert (client.payments.get(first.id).status, client.payments.get(later.id).status) == (
        "confirmed",
        "pending_submission",
    )


async def test_a_failed_payment_is_retried(gocardless: Any, client: gocardless_pro.Client) -> None:
    payment = pay(client, await mandate_of(gocardless, client))
    assert refusal(lambda: client.payments.retry(payment.id)).type == "invalid_state"
    client.scenario_simulators.run("payment_failed", params={"links": {"resource": payment.id}})

    assert client.payments.retry(payment.id).status == "pending_submission"
    failed = client.events.list(params={"payment": payment.id, "action": "failed"}).records[0]
    assert (failed.details.scheme, failed.details.origin) == ("sepa_core", "bank")


async def test_lists_go_both_ways(gocardless: Any, client: gocardless_pro.Client) -> None:
    mandate = await mandate_of(gocardless, client)
    made = [pay(client, mandate).id for _ in range(5)][::-1]

    first = client.payments.list(params={"limit": 2})
    second = client.payments.list(params={"limit": 2, "after": first.after})

    assert [found.id for found in (*first.records, *second.records)] == made[:4]
    back = client.payments.list(params={"limit": 2, "before": second.before})
    assert [found.id for found in back.records] == made[:2]
    assert [found.id for found in client.payments.all(params={"limit": 2})] == made
    assert refusal(lambda: client.payments.list(params={"limit": "²"})).errors[0]["field"] == "limit"


@pytest.mark.parametrize("path", ["/nothing", "/payments/PM1/nothing", "/v1/payments", "/"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "TRACE"])
def test_unknown_routes_answer_in_gocardless_shape(gocardless: Any, method: str, path: str) -> None:
    answer = httpx.request(method, f"{gocardless.origin}{path}", timeout=60)

    assert answer.status_code == 404
    error = answer.json()["error"]
    assert (error["type"], error["code"], error["errors"][0]["reason"]) == (
        "invalid_api_usage",
        404,
        "resource_not_found",
    )


def test_the_library_reads_the_error_of_an_unknown_route(client: gocardless_pro.Client) -> None:
    assert refusal(lambda: client.subscriptions.list()).code == 404


def test_a_deep_body_is_refused(gocardless: Any, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "GoCardless-Version": "2015-07-06"}

    answer = httpx.post(f"{gocardless.origin}/payments", content=b"[" * 100_000, headers=headers, timeout=60)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 400)
