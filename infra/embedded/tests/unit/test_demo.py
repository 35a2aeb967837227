"""The demo's waiting: patient, and clear about what it waits for."""

import pytest

from gateway_embedded import demo
from gateway_embedded.control import StackError


async def test_a_step_that_takes_long_says_what_it_waits_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "_PATIENT_AFTER_S", 0.0)
    monkeypatch.setattr(demo, "_PATIENT_POLL_S", 0.0)
    answers = iter([None, None, None, "made"])

    async def check() -> str | None:
        return next(answers)

    assert await demo.until(check, "the PDF") == "made"
    assert capsys.readouterr().out == "  waiting for the PDF, at most 90 s\n"


async def test_what_comes_at_once_is_not_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    async def check() -> str | None:
        return "made"

    assert await demo.until(check, "the PDF") == "made"
    assert capsys.readouterr().out == ""


async def test_a_step_that_does_not_come_names_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "WAIT_S", 0.0)

    async def check() -> str | None:
        return None

    with pytest.raises(StackError, match=r"in vain for the PDF; see `make logs`"):
        await demo.until(check, "the PDF")
