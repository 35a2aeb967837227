"""The table of currencies is that of the standard, and says when it is old."""

from datetime import UTC, datetime

import iso4217
import pytest

from gateway_contracts.currencies import AS_OF, CURRENT, WITHDRAWN, currency_problem, is_currency
from gateway_contracts.money import EXPONENTS, Money

_MONTHS_MAX = 18
# Units of account, funds, precious metals, codes for tests, and a second code of the money that VES names.
_NO_MONEY = set(
    "BOV CHE CHW CLF COU MXV USN UYW VED XAD XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX".split()  # noqa: SIM905
)


def test_the_table_is_that_of_the_maintained_library() -> None:
    """Fails with a newer release of the library that knows another currency: change the table and `AS_OF`."""
    known = {code: entry["CcyMnrUnts"] for code, entry in iso4217.raw_table.items() if code}

    assert set(CURRENT) == set(known) - _NO_MONEY
    assert {code: str(places) for code, places in CURRENT.items()} == {code: known[code] for code in CURRENT}
    assert not set(WITHDRAWN) & set(known)
    assert iso4217.__published__ <= AS_OF


def test_the_table_is_not_old() -> None:
    today = datetime.now(UTC).date()
    months = (today.year - AS_OF.year) * 12 + today.month - AS_OF.month
    assert months <= _MONTHS_MAX, "compare gateway_contracts.currencies with the current table of ISO 4217, set AS_OF"


@pytest.mark.parametrize("code", ["EUR", "XCG", "ZWG", "SLE", "STN", "MRU", "VES", "BYN", "JPY", "ISK", "UGX", "KWD"])
def test_current_money_is_taken(code: str) -> None:
    assert currency_problem(code) is None


@pytest.mark.parametrize("code", sorted(WITHDRAWN))
def test_withdrawn_money_is_refused_and_stays_readable(code: str) -> None:
    assert currency_problem(code) == "is a currency that was withdrawn"
    assert is_currency(code)
    stored = Money(4900, code)
    assert Money.from_decimal_text(stored.decimal_text(), code) == stored


@pytest.mark.parametrize("code", ["XXX", "XAU", "XTS", "CLF", "VED", "eur", "EURO", "", "DEM"])
def test_what_is_no_money(code: str) -> None:
    assert currency_problem(code) == "is not a currency (ISO 4217)"
    assert not is_currency(code)


def test_every_known_currency_has_one_entry() -> None:
    assert not set(CURRENT) & set(WITHDRAWN)
    assert len(EXPONENTS) == len(CURRENT) + len(WITHDRAWN)
    assert {"ANG", "BGN", "HRK", "VEF", "ZWL", "SLL", "CUC"} <= set(WITHDRAWN)
