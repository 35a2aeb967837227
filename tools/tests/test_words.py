"""The word list finds words in names and sentences, and its counts only shrink."""

import pytest
import words


def found(text: str, name: str = "a.md") -> list[str]:
    return [hit.word.lower() for hit in words.findings(name, text)]


@pytest.mark.parametrize(
    "text",
    ["he was told", "Told", "told_facts", "ToldFacts", "is_told", "HasTold"],
)
def test_a_word_is_found_in_sentences_and_names(text: str) -> None:
    assert found(text) == ["told"]


@pytest.mark.parametrize("text", ["untold", "toldo", "reported", "TOLD_FACTS"])
def test_other_words_are_not(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("kept for ever", "for ever"),
        ("Whoever calls", "whoever"),
        ("what became of it", "became of"),
        ("A mistake of ours; …", "a mistake of ours"),
        ("Yes. Told are others.", "told"),
        ("nobody", "nobody"),
        ("somebody else", "somebody"),
        ("a wish", "wish"),
    ],
)
def test_the_list(text: str, word: str) -> None:
    assert word in found(text)


@pytest.mark.parametrize("start", ["What the caller sent.", "Whoever calls.", "Who may read."])
def test_docstrings_do_not_start_with_a_relative_clause(start: str) -> None:
    source = f'def name():\n    """{start}"""\n'
    assert any(hit.endswith(" …") for hit in found(source, "a.py"))
    assert not any(hit.endswith(" …") for hit in found(start, "a.md"))


def test_a_finding_names_file_line_word_and_replacement() -> None:
    [hit] = words.findings("docs/a.md", "one\nit is told\n")
    assert str(hit).startswith("docs/a.md:2: 'told': write 'reported'")


def test_a_file_may_not_have_more_than_its_count() -> None:
    hits = {"a.md": list(words.findings("a.md", "told, told"))}
    assert words.problems(hits, {"a.md": 2}) == []
    assert words.problems(hits, {"a.md": 1})[-1] == "a.md: 2 words of the list, at most 1"
    assert words.problems(hits, {})


def test_a_count_that_is_too_large_is_a_problem() -> None:
    hits = {"a.md": list(words.findings("a.md", "told"))}
    [line] = words.problems(hits, {"a.md": 2, "gone.md": 1})
    assert line == "fewer words than allowed, run `make words`: a.md, gone.md"


def test_counts_follow_a_moved_file_and_never_grow() -> None:
    hits = {"new.md": list(words.findings("new.md", "told, told"))}
    assert words.updated(hits, {"old.md": 2}) == {"new.md": 2}
    assert words.updated(hits, {"old.md": 1}) is None
