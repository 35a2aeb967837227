"""Printing for requests: one document of an organization at a time, and a worker left to issued documents."""

import asyncio

import pytest

from gateway_contracts.errors import Transient
from gateway_testkit.waiting import eventually
from invoice.adapters.pdf import on_request
from invoice.adapters.pdf.on_request import OnRequest
from invoice.domain.example import example_content
from invoice.domain.printed import Print, PrintedDocument

CONTENT = example_content("invoice", livemode=True, language="en")


class Slow:
    """A renderer that ends when it may."""

    def __init__(self) -> None:
        self.at_work: list[str] = []
        self.may_end = asyncio.Event()

    async def render(self, printed: PrintedDocument, *, cpu_s: float) -> Print:
        self.at_work.append(printed.organization_id)
        await self.may_end.wait()
        return Print(b"%PDF", None)


def of(organization_id: str) -> PrintedDocument:
    return PrintedDocument(CONTENT, organization_id=organization_id)


async def test_an_organization_prints_one_at_a_time_and_another_beside_it() -> None:
    slow = Slow()
    renderer = OnRequest(slow, workers=3)
    async with asyncio.TaskGroup() as group:
        for organization_id in ("a", "a", "a", "b"):
            group.create_task(renderer.render(of(organization_id), cpu_s=5))

        async def both() -> bool:
            return len(slow.at_work) == 2

        await eventually(both)
        assert slow.at_work == ["a", "b"]
        slow.may_end.set()
    assert sorted(slow.at_work) == ["a", "a", "a", "b"]


async def test_one_worker_is_left_to_issued_documents_and_a_long_wait_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(on_request, "WAIT_S", 0.01)
    slow = Slow()
    renderer = OnRequest(slow, workers=2)
    async with asyncio.TaskGroup() as group:
        group.create_task(renderer.render(of("a"), cpu_s=5))
        await eventually(lambda: slow.at_work)
        with pytest.raises(Transient) as refused:
            await renderer.render(of("b"), cpu_s=5)
        assert refused.value.code == "OVERLOADED"
        slow.may_end.set()
    assert slow.at_work == ["a"]
