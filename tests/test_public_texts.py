"""Texts of both OpenAPI documents are plain: no word of the list, no description that repeats the field's name."""

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from public_apis import customers, merchants

WORDS = Path(__file__).resolve().parents[1] / "tools/lint/words.py"

WORDS_MIN = 2
"""Words of a description beside those of the name: fewer say nothing."""


def word_list() -> Any:
    spec = importlib.util.spec_from_file_location("house_words", WORDS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def texts(part: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every description with its place."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key in {"description", "summary"} and isinstance(value, str):
                yield place, value
            else:
                yield from texts(value, f"{place}/{key}")
    elif isinstance(part, list):
        for index, value in enumerate(part):
            yield from texts(value, f"{place}/{index}")


@pytest.mark.parametrize("app", [merchants(), customers()])
def test_public_texts_have_no_word_of_the_list(app: FastAPI) -> None:
    words = word_list()
    found = [f"{place}: {hit}" for place, text in texts(app.openapi()) for hit in words.findings("text.md", text)]
    assert found == []


def test_descriptions_of_operations_and_types_are_noun_phrases_or_imperatives() -> None:
    start = word_list().DOCSTRING_START.pattern
    document = merchants().openapi()
    types = {f"/{name}": schema.get("description", "") for name, schema in document["components"]["schemas"].items()}
    operations = dict(texts(document["paths"]))
    assert [place for place, text in {**types, **operations}.items() if start.match(text)] == []


@pytest.mark.parametrize("app", [merchants(), customers()])
def test_every_property_has_a_description_that_says_more_than_its_name(app: FastAPI) -> None:
    trivial = []
    for name, schema in app.openapi()["components"]["schemas"].items():
        for field, definition in schema.get("properties", {}).items():
            parts = [definition, *definition.get("anyOf", ())]
            text = next((part["description"] for part in parts if "description" in part), "")
            words = {word.lower() for word in re.findall(r"[A-Za-z]+", text)}
            if len(words - _words_of(field)) < WORDS_MIN:
                trivial.append(f"{name}.{field}: {text}")
    assert trivial == []


def _words_of(name: str) -> set[str]:
    """``billingAddress`` → billing, address."""
    return {word.lower() for word in re.findall(r"[A-Za-z][a-z]*", name)}
