"""Dead letters: filters, pages, and the number of letters that one request reads or redrives."""

import pytest
from operations_world import CONSUMER, MemoryLetters, a_letter

from admin_api.app import DOCUMENTS, open_tenancy
from admin_api.edge.ports import AllPorts
from admin_api.operations.use_cases.list_dead_letters import READ_MAX, LetterFilter, LetterPage, list_dead_letters
from admin_api.operations.use_cases.redrive_dead_letters import (
    BULK_MAX,
    ROUNDS_MAX,
    BulkRedrive,
    redrive_dead_letters,
)
from admin_api.operations.web.schemas.dead_letters import BODY_SHOWN_MAX, DeadLetterDetailView
from gateway_kit.set_aside import OPERATOR
from gateway_testkit.clock import FrozenClock
from gateway_testkit.keys import new_keyring
from gateway_testkit.memory.database import MemoryDatabase
from gateway_testkit.memory.unit_of_work import MemoryUnitOfWork


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


@pytest.fixture
def shared(frozen_clock: FrozenClock) -> AllPorts:
    database = MemoryDatabase(*DOCUMENTS)
    uow = MemoryUnitOfWork(database, clock=frozen_clock)
    return open_tenancy(uow, new_keyring(), frozen_clock, database.rows)


def redriven(result: BulkRedrive) -> list[int]:
    return [each.number for each in result.redriven if each.outcome == "redriven"]


async def test_a_bulk_redrive_goes_on_behind_many_that_are_gone(shared: AllPorts) -> None:
    last = BULK_MAX + 10
    letters = MemoryLetters([a_letter(number) for number in range(1, last + 1)], gone=set(range(1, BULK_MAX + 1)))

    result = await redrive_dead_letters(LetterFilter(), actor=OPERATOR, letters=letters, shared=shared)

    assert redriven(result) == list(range(BULK_MAX + 1, last + 1))
    assert (len(result.redriven), result.has_more) == (last, False)


async def test_a_bulk_redrive_takes_no_more_than_its_maximum_and_looks_at_few(shared: AllPorts) -> None:
    letters = MemoryLetters([a_letter(number) for number in range(1, 3 * BULK_MAX)], gone={1, 2})
    result = await redrive_dead_letters(LetterFilter(), actor=OPERATOR, letters=letters, shared=shared)
    assert (len(redriven(result)), result.has_more) == (BULK_MAX, True)

    every = range(1, (ROUNDS_MAX + 2) * BULK_MAX)
    letters = MemoryLetters([a_letter(number) for number in every], gone=set(every))
    result = await redrive_dead_letters(LetterFilter(), actor=OPERATOR, letters=letters, shared=shared)
    assert (len(result.redriven), result.has_more) == (ROUNDS_MAX * BULK_MAX, True)


async def test_a_bulk_redrive_goes_on_behind_letters_of_others(shared: AllPorts) -> None:
    others = [a_letter(number, organization_id="b" * 24) for number in range(1, READ_MAX + 2)]
    letters = MemoryLetters([*others, a_letter(READ_MAX + 2)])
    wanted = LetterFilter(organization_id="a" * 24)
    result = await redrive_dead_letters(wanted, actor=OPERATOR, letters=letters, shared=shared)
    assert (redriven(result), result.has_more) == ([READ_MAX + 2], False)


def test_ciphertext_stays_and_what_is_no_object_is_not_shown() -> None:
    assert DeadLetterDetailView.of(a_letter(1)).body == {"id": "evt_1", "data": {"email": {"ciphertext": "AbC"}}}
    for body in (b"", b"[1]", b"\xff", b'{"a": "' + b"x" * BODY_SHOWN_MAX + b'"}'):
        assert DeadLetterDetailView.of(a_letter(1, body=body)).body is None
