"""Lists of dead letters: filters, pages, and the number of letters that one request reads."""

from operations_world import CONSUMER, MemoryLetters, a_letter

from admin_api.operations.use_cases.list_dead_letters import READ_MAX, LetterFilter, LetterPage, list_dead_letters
from admin_api.operations.web.schemas.dead_letters import BODY_SHOWN_MAX, DeadLetterDetailView


def numbers(page: LetterPage) -> list[int]:
    return [letter.sequence for letter in page.letters]


async def test_pages_go_on_after_the_last_letter() -> None:
    letters = MemoryLetters([a_letter(number) for number in (3, 5, 8)])
    first = await list_dead_letters(LetterFilter(), after=0, limit=2, letters=letters)
    assert (numbers(first), first.following) == ([3, 5], 5)
    rest = await list_dead_letters(LetterFilter(), after=5, limit=2, letters=letters)
    assert (numbers(rest), rest.following) == ([8], None)


async def test_filters_are_applied_together() -> None:
    other = a_letter(2, organization_id="b" * 24)
    letters = MemoryLetters([a_letter(1), other, a_letter(3, reason="KeyError"), a_letter(4, consumer="svc-ipn")])
    wanted = LetterFilter(CONSUMER, "a" * 24, "Conflict")
    assert numbers(await list_dead_letters(wanted, after=0, limit=10, letters=letters)) == [1]


async def test_a_filter_that_takes_nothing_reads_a_limited_number() -> None:
    letters = MemoryLetters([a_letter(number) for number in range(1, READ_MAX + 10)])
    page = await list_dead_letters(LetterFilter(reason="None"), after=0, limit=10, letters=letters)
    assert (page.letters, page.following) == ((), READ_MAX)
    assert letters.read <= READ_MAX + 1


def test_ciphertext_stays_and_what_is_no_object_is_not_shown() -> None:
    assert DeadLetterDetailView.of(a_letter(1)).body == {"id": "evt_1", "data": {"email": {"ciphertext": "AbC"}}}
    for body in (b"", b"[1]", b"\xff", b'{"a": "' + b"x" * BODY_SHOWN_MAX + b'"}'):
        assert DeadLetterDetailView.of(a_letter(1, body=body)).body is None
