"""Filters of lists: a filter that cannot match anything is refused."""

from collections.abc import Callable

import pytest

from admin_api.payments.web.filters import case_query, checkout_query, transaction_query
from gateway_contracts.errors import Invalid
from gateway_contracts.requests.transaction import ListQuery

Query = Callable[[ListQuery], ListQuery]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (transaction_query, "succeeded"),
        (transaction_query, "canceled"),
        (transaction_query, None),
        (checkout_query, "pending"),
        (case_query, "open"),
    ],
)
def test_a_status_that_exists_is_taken(query: Query, status: str | None) -> None:
    assert query(ListQuery(status=status)).status == status


@pytest.mark.parametrize(
    ("query", "status", "known"),
    [
        (transaction_query, "paid", "initiated, pending_provider, succeeded, failed, canceled, refunded"),
        (checkout_query, "succeeded", "pending, completed, expired, canceled"),
        (case_query, "pending", "open, accepted, refunded, dismissed"),
    ],
)
def test_another_status_is_refused_with_those_that_exist(query: Query, status: str, known: str) -> None:
    with pytest.raises(Invalid) as caught:
        query(ListQuery(status=status))

    assert caught.value.code == "STATUS_UNKNOWN"
    assert [(item.field, item.message) for item in caught.value.details] == [("status", f"must be one of {known}")]
