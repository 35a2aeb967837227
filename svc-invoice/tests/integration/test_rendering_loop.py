"""When documents are made: in a burst, after a crash, beside one that cannot be made."""

from typing import Any

import pytest
from invoice_office import Office, name_of

from invoice.consumers.rendering import BURST, COURTESY_S, NO_ROOM_PERCENT, Rendering
from invoice.domain.printed import Print, PrintedDocument
from invoice.domain.rendering import LEASE_S
from invoice.errors import RenderingFailed

pytestmark = pytest.mark.integration


class Machine:
    """Counts how often it was asked."""

    def __init__(self, stalled_percent: float = 0) -> None:
        self.asked = 0
        self._stalled_percent = stalled_percent

    async def stalled_percent(self) -> float:
        self.asked += 1
        return self._stalled_percent


def rendering(office: Office, renderer: Any, *, machine: Machine | None = None) -> Rendering:
    return office.rendering(renderer, stalled_percent=(machine or Machine()).stalled_percent)


class Quick:
    """Makes documents in no time."""

    async def render(self, page: PrintedDocument, *, cpu_s: float) -> Print:
        return Print(page.content.id.encode())


async def test_in_a_burst_on_a_busy_machine_documents_wait_their_time_and_no_longer(office: Office) -> None:
    issued = [await office.issued() for _ in range(BURST)]
    busy = rendering(office, Quick(), machine=Machine(NO_ROOM_PERCENT))
    for _ in issued:
        busy.wake()

    assert await busy._drain() is False
    assert office.documents.kept == {}

    office.clock.advance(COURTESY_S)
    await busy._drain()
    assert len(office.documents.kept) == len(issued)


@pytest.mark.parametrize(("issued", "stalled_percent"), [(BURST - 1, 100.0), (BURST, NO_ROOM_PERCENT - 1)])
async def test_without_a_burst_or_with_room_documents_are_made_at_once(
    office: Office, issued: int, stalled_percent: float
) -> None:
    invoice = await office.issued()
    free = rendering(office, Quick(), machine=Machine(stalled_percent))
    for _ in range(issued):
        free.wake()

    assert await free._drain() is True
    assert list(office.documents.kept) == [name_of(invoice, invoice.id.encode())]


async def test_only_a_burst_asks_the_machine(office: Office) -> None:
    """The answer takes a moment; no other caller shall wait for it."""
    machine = Machine()
    asking = rendering(office, Quick(), machine=machine)
    for _ in range(BURST - 1):
        asking.wake()
    await asking._drain()
    assert machine.asked == 0

    asking.wake()
    await asking._drain()
    assert machine.asked == 1


async def test_what_a_crash_left_behind_is_rendered_after_its_lease(office: Office) -> None:
    abandoned = await office.issued()
    assert await office.queue.claim(due=office.clock.now(), after="") is not None
    fresh = await office.issued()

    await rendering(office, Quick())._drain()
    assert list(office.documents.kept) == [name_of(fresh, fresh.id.encode())]

    office.clock.advance(LEASE_S)
    await rendering(office, Quick())._drain()
    assert set(office.documents.kept) == {name_of(fresh, fresh.id.encode()), name_of(abandoned, abandoned.id.encode())}


async def test_a_document_that_cannot_be_made_does_not_stop_the_others(office: Office) -> None:
    broken = await office.issued()
    sound = await office.issued()

    class Choosy:
        async def render(self, page: PrintedDocument, *, cpu_s: float) -> Print:
            if page.content.id == broken.id:
                raise RenderingFailed("no")
            return Print(page.content.id.encode())

    await rendering(office, Choosy())._drain()

    assert list(office.documents.kept) == [name_of(sound, sound.id.encode())]
    (waiting,) = await office.rows("invoices", {"render_state": "pending"})
    assert waiting["render_at"] > office.clock.now()
