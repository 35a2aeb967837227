"""Texts of the console: complete in every language; words for what the API names."""

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from markupsafe import escape

import admin_api.console
import gateway_kit.health_report
from admin_api.console.forms.fields import Field
from admin_api.console.rendering import assets, environment_of
from admin_api.console.translations import LANGUAGES
from admin_api.explanations.domain.failure_words import FAILURES, MESSAGES
from admin_api.explanations.domain.sentences import SENTENCES, WORDS
from gateway_contracts.domain_problems import SENTENCES as DOMAIN_PROBLEMS

FOLDER = Path(admin_api.console.__file__).parent
REPORT = Path(gateway_kit.health_report.__file__).parent
METHODS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")]
OPTIONS = {"**.html": {"silent": "false", "extensions": "jinja2.ext.i18n"}}
PAGE_BYTES_MAX = 40 * 1024


def used_texts() -> set[str]:
    """All texts that pages show: of code and templates, explanations, problems of domains, and the health report."""
    keywords: dict[str, None] = {"N_": None, "gettext": None}
    in_pages = {
        text
        for folder in (FOLDER, REPORT)
        for _, _, text, _, _ in extract_from_dir(folder, METHODS, OPTIONS, keywords)
        if isinstance(text, str)
    }
    in_words = (SENTENCES, WORDS, FAILURES, DOMAIN_PROBLEMS)
    return in_pages | set(MESSAGES) | {text for words in in_words for text in words.values()}


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_text_has_a_translation_and_no_translation_is_left_over(language: str) -> None:
    with (FOLDER / "texts" / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    translated = {message.id: message for message in catalogue if message.id}
    assert set(translated) == used_texts()
    assert [text for text, message in translated.items() if not message.string] == []
    # Placeholders are the same in both.
    assert [error for message in catalogue for error in message.check(catalogue)] == []


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_text_is_translated_once(language: str) -> None:
    lines = (FOLDER / "texts" / f"{language}.po").read_text().splitlines()
    texts = [line for line in lines if line.startswith("msgid ") and line != 'msgid ""']
    assert len(texts) == len(set(texts))


def test_scripts_and_styles_of_a_page_are_small() -> None:
    sizes = [len(path.read_bytes()) for path in (FOLDER / "static").iterdir()]
    assert assets().address("console.css").startswith("/console/assets/console.")
    assert sum(sizes) < PAGE_BYTES_MAX


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["</label><form action=/x>", "50% off", "%(x)s", "A & B"])
def test_a_merchants_text_is_text(language: str, name: str) -> None:
    """The names of sites and providers are choices of forms."""
    field = Field("siteId", "Site", kind="choice", choices=("1",), words={"1": name})
    template = environment_of(language).from_string(
        '{% from "forms.html" import word_of %}{{ word_of(field, "1") }}{{ gettext(text) }}'
    )
    assert template.render(field=field, text=name) == 2 * str(escape(name))


def test_a_command_in_a_sentence_is_code_and_everything_else_is_text() -> None:
    template = environment_of("en").from_string("{{ text|marked }}")
    assert template.render(text="run `a <b>` & <i>") == "run <code>a &lt;b&gt;</code> &amp; &lt;i&gt;"
