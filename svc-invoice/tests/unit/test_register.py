"""A seal covers every field, and the row before it."""

from datetime import UTC, datetime, timedelta

import pytest

from invoice.domain.register import GENESIS, RegisterRow, register_name, sha256_of

ROW = RegisterRow(
    id="o:live:invoice:1",
    register=register_name("o" * 24, "invoice", livemode=True),
    position=1,
    document_id="d" * 24,
    number="INV-2026-00001",
    series="s",
    stem="INV-2026-{}",
    sequence=1,
    currency="EUR",
    net=100,
    vat=19,
    total=119,
    issued_at=datetime(2026, 3, 27, 10, 0, tzinfo=UTC),
    document_hash="a" * 64,
    previous=GENESIS,
    issued_on="2026-03-27",
    time_zone="Europe/Berlin",
    correction=1,
).sealed()
SEALED = RegisterRow.model_fields.keys() - {"id", "seal"}


@pytest.mark.parametrize("field", sorted(SEALED))
def test_changing_any_field_breaks_the_seal(field: str) -> None:
    value = getattr(ROW, field)
    other = value + (timedelta(milliseconds=1) if isinstance(value, datetime) else 1 if isinstance(value, int) else "x")

    assert ROW.changed(**{field: other}).computed_seal != ROW.seal


def test_modes_and_kinds_have_registers_of_their_own() -> None:
    names = {register_name("o", kind, livemode=mode) for kind in ("invoice", "credit_note") for mode in (True, False)}

    assert names == {"o:live:invoice", "o:test:invoice", "o:live:credit_note", "o:test:credit_note"}


def test_hash_ignores_the_order_of_fields() -> None:
    assert sha256_of({"a": 1, "b": "ü"}) == sha256_of({"b": "ü", "a": 1})


def test_hash_refuses_what_has_no_canonical_form() -> None:
    with pytest.raises(TypeError):
        sha256_of({"a": UTC})


def test_a_row_without_a_legal_date_keeps_the_seal_that_it_always_had() -> None:
    older = ROW.changed(issued_on=None, time_zone=None).sealed()
    fields_then = {name: getattr(older, name) for name in SEALED - {"issued_on", "time_zone"}}

    assert older.seal == sha256_of(fields_then)
