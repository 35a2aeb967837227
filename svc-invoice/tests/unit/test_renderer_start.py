"""How a renderer's process begins."""

import pytest

from invoice.adapters.pdf import worker


def test_a_renderer_gives_way_only_once_it_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading takes seconds of processor time and counts against the first document's deadline: on a busy machine a
    process that gives way from its first moment is ended before it is ready, again and again."""
    steps: list[str] = []
    monkeypatch.setenv("FONTCONFIG_FILE", "")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "")
    monkeypatch.setattr(worker, "end_with_parent", lambda: None)
    monkeypatch.setattr("resource.setrlimit", lambda *_limit: None)
    monkeypatch.setattr(worker, "templates", lambda: steps.append("template"))
    monkeypatch.setattr(worker, "style_of", lambda page, of: steps.append("style"))
    monkeypatch.setattr(worker, "_give_way", lambda: steps.append("give way"))

    worker.start()

    assert steps[0] == "template"
    assert "style" in steps
    assert steps[-1] == "give way"
