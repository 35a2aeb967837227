"""Every decision record has status and date, and is in the index."""

import gen_adr_index
import pytest

HEAD = "# 0007 A title\n\n**Status.** Accepted, 2026-01-31. Amends 0003\n(in one point).\n\n**Context.** Of 0001.\n"


def test_records_have_status_and_date_and_the_index_is_current() -> None:
    assert gen_adr_index.INDEX.read_text() == gen_adr_index.page(gen_adr_index.records())


def test_a_record_is_read() -> None:
    record = gen_adr_index.read("0007-a-title.md", HEAD)
    assert (record.status, record.date) == ("Accepted", "2026-01-31")
    assert record.relation == "Amends 0003 (in one point)."


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (HEAD.replace("**Status.** Accepted, 2026-01-31.", "Accepted."), "needs a line"),
        (HEAD.replace(", 2026-01-31", ""), "needs a line"),
        (HEAD.replace("0007", "0008"), "the first line"),
        ("", "the first line"),
    ],
)
def test_a_record_without_a_part_is_named(text: str, problem: str) -> None:
    with pytest.raises(gen_adr_index.RecordInvalid, match=f"0007-a-title.md: {problem}"):
        gen_adr_index.read("0007-a-title.md", text)


def test_an_amended_record_names_the_later_one() -> None:
    first = gen_adr_index.read("0003-first.md", "# 0003 First\n\n**Status.** Accepted, 2026-01-01.\n")
    later = gen_adr_index.read("0007-a-title.md", HEAD)
    rows = gen_adr_index.page([first, later]).splitlines()
    assert rows[-2].endswith("| [0007](0007-a-title.md) |")
    assert "Amends [0003](0003-first.md) (in one point)." in rows[-1]
