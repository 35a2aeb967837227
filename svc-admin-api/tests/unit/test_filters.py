"""Filters of lists: a filter that cannot match anything is refused, by the API and by the owner of the data."""

from typing import Any

import pytest
from pydantic import ValidationError

from admin_api.payments.web.filters import CaseListIn, CheckoutListIn, TransactionListIn
from admin_api.shared.web.parameters import ListParameters
from gateway_contracts.errors import Invalid, Unreadable
from gateway_contracts.requests.case import LIST_CASES
from gateway_contracts.requests.transaction import LIST_CHECKOUTS, LIST_TRANSACTIONS
from gateway_contracts.rpc import Method
from gateway_contracts.rules import refusal

Query = type[ListParameters]
TRANSACTIONS = (TransactionListIn, LIST_TRANSACTIONS)
CHECKOUTS = (CheckoutListIn, LIST_CHECKOUTS)
CASES = (CaseListIn, LIST_CASES)


def asked(query: Query, method: Method[Any, Any], **given: Any) -> Any:
    """The request as its owner reads it."""
    return method.read(query.model_validate(given).to(method.request).wire())


@pytest.mark.parametrize(
    ("of", "given", "status"),
    [
        (TRANSACTIONS, "succeeded", "succeeded"),
        (TRANSACTIONS, "canceled", "canceled"),
        (TRANSACTIONS, "cancelled", "canceled"),
        (TRANSACTIONS, "", None),
        (TRANSACTIONS, None, None),
        (CHECKOUTS, "pending", "pending"),
        (CASES, "open", "open"),
    ],
)
def test_a_status_that_exists_is_taken(of: tuple[Query, Method[Any, Any]], given: str, status: str | None) -> None:
    assert asked(*of, status=given).status == status


@pytest.mark.parametrize(
    ("of", "status", "known"),
    [
        (TRANSACTIONS, "paid", "initiated, pending_provider, succeeded, failed, canceled, refunded"),
        (CHECKOUTS, "succeeded", "pending, completed, expired, canceled"),
        (CASES, "pending", "open, accepted, refunded, dismissed"),
    ],
)
def test_another_status_is_refused_with_those_that_exist(
    of: tuple[Query, Method[Any, Any]], status: str, known: str
) -> None:
    query, method = of
    with pytest.raises(ValidationError) as broken:
        query.model_validate({"status": status})
    with pytest.raises(Invalid) as caught:
        method.read({"status": status})

    for refused in (refusal(broken.value), caught.value):
        assert refused.code == "STATUS_UNKNOWN"
        assert [(item.field, item.message) for item in refused.details] == [("status", f"must be one of {known}")]


def test_names_of_the_query_and_of_the_request() -> None:
    given = {"from": "2026-01-31T12:00:00Z", "to": "2026-02-01T12:00:00Z", "siteId": "s", "currency": "eur"}

    request = TransactionListIn.model_validate(given).to(LIST_TRANSACTIONS.request).wire()

    assert request == {
        "createdFrom": "2026-01-31T12:00:00Z",
        "createdTo": "2026-02-01T12:00:00Z",
        "siteId": "s",
        "currency": "EUR",
        "page": 1,
        "limit": 50,
    }
    assert asked(*TRANSACTIONS, currency="").currency is None
    with pytest.raises(Unreadable):
        TransactionListIn.model_validate({"page": 101, "limit": 100}).to(LIST_TRANSACTIONS.request)
