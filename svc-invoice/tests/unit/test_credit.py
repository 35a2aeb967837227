"""Credit notes take back exactly what an invoice gave, in any number of pieces."""

from hypothesis import given
from hypothesis import strategies as st

from gateway_contracts.money import AMOUNT_MINOR_MAX
from invoice.domain.credit import ReturnedLine, compute_credit
from invoice.domain.totals import Group, SoldItem, Totals, TotalsRefused, compute_totals

# What prices are multiplied with: ordinary ones, from 2^31 on, and up to the largest amount.
UNITS = st.sampled_from([1, 2**31, AMOUNT_MINOR_MAX // (5 * 4 * 5000)])
PIECES = st.integers(1, 6000) | st.integers(2**31, AMOUNT_MINOR_MAX)
RATES = st.sampled_from([None, "0", "7", "7.7", "19", "25.5"])


def invoice_of(*items: SoldItem) -> Totals:
    placed = [
        SoldItem(i.description, i.quantity, i.unit_price, i.item_type, i.vat_rate, at) for at, i in enumerate(items)
    ]
    amount = sum(item.total for item in items)
    return compute_totals(placed, amount=amount, currency="EUR", reference="R-1", countries=("DE",))


SHOP = invoice_of(SoldItem("Tea", 2, 1190, vat_rate="19"), SoldItem("Book", 1, 1070, vat_rate="7"))


def credit(invoice: Totals, amount: int, *earlier: Totals, lines: tuple[ReturnedLine, ...] = ()) -> Totals | None:
    return compute_credit(invoice, earlier, amount, description="Refund", lines=lines)


def test_a_full_credit_says_what_the_invoice_says() -> None:
    assert credit(SHOP, SHOP.total) == SHOP


def test_a_part_is_spread_over_the_rates_by_their_size() -> None:
    note = credit(SHOP, 345)

    assert note is not None
    assert note.groups == (Group("19", 200, 38, 238), Group("7", 100, 7, 107))
    assert [(line.description, line.total, line.net) for line in note.lines] == [
        ("Refund", 238, 200),
        ("Refund", 107, 100),
    ]
    assert (note.amount_type, note.total, note.problems()) == ("gross", 345, [])


def test_a_named_line_takes_its_own_rate() -> None:
    note = credit(SHOP, 1070, lines=(ReturnedLine(1, 1070),))

    assert note is not None
    assert note.groups == (Group("7", 1000, 70, 1070),)
    assert [(line.description, line.quantity, line.total) for line in note.lines] == [("Book", 1, 1070)]


def test_what_the_lines_do_not_cover_is_spread() -> None:
    note = credit(SHOP, 1500, lines=(ReturnedLine(1, 1000), ReturnedLine(9, 300)))

    assert note is not None
    assert [(line.description, line.vat_rate, line.total) for line in note.lines] == [
        ("Book", "7", 1000),
        ("Refund", "19", 486),
        ("Refund", "7", 14),
    ]
    assert (note.total, note.problems()) == (1500, [])


def test_a_line_gives_no_more_than_is_left_of_its_rate() -> None:
    first = credit(SHOP, 1000, lines=(ReturnedLine(1, 1000),))
    assert first is not None

    second = credit(SHOP, 1000, first, lines=(ReturnedLine(1, 1000),))

    assert second is not None
    assert [(line.description, line.total) for line in second.lines] == [("Book", 70), ("Refund", 930)]


def test_the_last_part_takes_what_is_left_of_the_tax() -> None:
    invoice = invoice_of(SoldItem("Pen", 1, 100, vat_rate="19"))
    first = credit(invoice, 50)
    assert first is not None
    last = credit(invoice, 50, first)
    assert last is not None

    assert first.vat + last.vat == invoice.vat == 16
    assert (first.vat, last.vat) == (8, 8)


def test_nothing_is_taken_twice() -> None:
    assert credit(SHOP, 1, SHOP) is None
    assert credit(SHOP, 0) is None
    capped = credit(SHOP, SHOP.total + 500)
    assert capped == SHOP


def test_net_prices_with_a_discount_are_taken_back_to_the_cent() -> None:
    invoice = invoice_of(
        SoldItem("Desk", 1, 10_000, vat_rate="19"),
        SoldItem("Welcome", 1, -1000, "discount"),
        SoldItem("VAT", 1, 1710, "tax"),
    )
    first = credit(invoice, 3333)
    assert first is not None
    last = credit(invoice, invoice.total, first)
    assert last is not None

    assert invoice.amount_type == "net"
    assert (first.net + last.net, first.vat + last.vat) == (invoice.net, invoice.vat)
    assert first.problems() == last.problems() == []


@st.composite
def sales(draw: st.DrawFn) -> Totals:
    count, unit = draw(st.integers(1, 5)), draw(UNITS)
    items = [
        SoldItem(f"Item {at}", draw(st.integers(1, 4)), draw(st.integers(1, 5000)) * unit, vat_rate=draw(RATES))
        for at in range(count)
    ]
    if draw(st.booleans()):
        items.append(SoldItem("Discount", 1, -draw(st.integers(1, sum(item.total for item in items))), "discount"))
    try:
        return invoice_of(*items)
    except TotalsRefused:
        return SHOP


@given(
    sales(),
    st.lists(
        st.tuples(PIECES, st.lists(st.builds(ReturnedLine, st.integers(0, 6), PIECES), max_size=3)),
        max_size=8,
    ),
)
def test_any_pieces_add_up_to_the_invoice(invoice: Totals, pieces: list[tuple[int, list[ReturnedLine]]]) -> None:
    notes: list[Totals] = []
    for amount, lines in [*pieces, (invoice.total, [])]:
        left = invoice.total - sum(note.total for note in notes)
        note = credit(invoice, amount, *notes, lines=tuple(lines))
        assert (note is None) == (left == 0)
        if note is not None:
            assert note.total == min(amount, left)
            assert note.problems() == []
            assert all(group.net >= 0 and group.vat >= 0 for group in note.groups)
            notes.append(note)
    assert sum(note.total for note in notes) == invoice.total
    for group in invoice.groups:
        taken = [one for note in notes for one in note.groups if one.rate == group.rate]
        assert (sum(one.net for one in taken), sum(one.vat for one in taken)) == (group.net, group.vat)
