"""By what a merchant knows an order."""

import pytest

from ipn.domain.orders import names_of_order


def names(
    reference: str | None, invoice: str | None = None, *, site: str = "s1", livemode: bool = False
) -> frozenset[str]:
    return frozenset(
        names_of_order(site_id=site, livemode=livemode, external_reference=reference, invoice_number=invoice)
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (names("42"), names("42")),
        (names("42", "INV-1"), names("42", "INV-2")),
        (names("42", "INV-1"), names("43", "INV-1")),
        (names(None, "INV-1"), names(None, "INV-1")),
        # Receivers of version 2 know it by its invoice number where it has no reference.
        (names(None, "42"), names("42")),
        (names("", "42"), names("42")),
    ],
)
def test_checkouts_of_one_order(one: frozenset[str], other: frozenset[str]) -> None:
    assert one & other


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (names("42"), names("43")),
        (names("42"), names("42", site="s2")),
        (names("42"), names("42", livemode=True)),
        (names("42", "990"), names("57", "42")),
        (names(None), names(None)),
        (names("", ""), names("", "")),
    ],
)
def test_checkouts_of_two_orders(one: frozenset[str], other: frozenset[str]) -> None:
    assert not one & other
