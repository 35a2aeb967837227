"""Templates: what they may not do, what they show, and that every default one is good in every language."""

import re
from html.parser import HTMLParser
from typing import get_args

import pytest
from babel.messages.pofile import read_po

from gateway_contracts.languages import Language
from gateway_contracts.notification_fields import NoticeKind
from notify.adapters.templates.default import TEXTS, default_keys, default_sources
from notify.adapters.templates.renderer import TemplateRenderer
from notify.adapters.templates.sandbox import OUTPUT_CHARACTERS_MAX, SourceRefused, render_source
from notify.domain.facts import EXAMPLE, VARIABLES
from notify.domain.template import Sources, TemplateKey
from notify.errors import ChannelUnavailable, TemplateRefused
from notify.ports import Names

KEY = TemplateKey("invoice.issued", "email", "en")
NAMES = Names("Shop & Söhne", "#0b5fff")
RENDERER = TemplateRenderer()
_OPTIONAL = {"customer", "message", "reference", "reason"}
_MSGID = re.compile(r'_\("([^"]+)"')


def refused(text: str, key: TemplateKey = KEY) -> str:
    with pytest.raises(TemplateRefused) as caught:
        RENDERER.check(Sources(text, "Subject"), key)
    return str(caught.value)


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in range(10) %}x{% endfor %}",
        "{% set a = 'x' %}",
        "{% macro m() %}{% endmacro %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
        "{% block b %}{% endblock %}",
        "{% filter upper %}x{% endfilter %}",
        "{% with a=1 %}{% endwith %}",
        "{{ 'x' * 1000000000 }}",
        "{{ 10 ** 10 ** 10 }}",
        "{{ number ~ number }}",
        "{{ ''.__class__ }}",
        "{{ number.__class__.__mro__ }}",
        "{{ number['x'] }}",
        "{{ [1, 2] }}",
        "{{ {'a': 1} }}",
        "{{ number | center(1000000000) }}",
        "{{ number | replace('a', 'b') }}",
        "{{ number | attr('x') }}",
        "{{ number | safe }}",
        "{{ number.upper() }}",
        "{{ _(number) }}",
        "{{ _('x', 'y') }}",
        "{{ _('%(number)1000000s', number=number) }}",
        "{{ _('%(number)s') }}",
        "{{ _('%d', number=number) }}",
        "{{ _('x', **number) }}",
        "{{ cycler() }}",
        "{{ range }}",
        "{{ self }}",
        "{{ gateway_translate }}",
        "{{ config }}",
        "{{ role }}",
        "{{ number",
        "{% if number %}",
        "{{ " + "not " * 5_000 + "number }}",
    ],
)
def test_a_template_shows_values_and_does_nothing_else(source: str) -> None:
    refused(source)


def test_the_refusal_names_line_and_variable() -> None:
    assert "line 2: there is no variable role" in refused("ok\n{{ role }}")


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ number }}", "INV-2026-00042"),
        ("{{ number | lower }}", "inv-2026-00042"),
        ("{% if message %}{{ message }}{% else %}-{% endif %}", "Thank you for your order."),
        ("{% if number == 'x' or not message %}a{% elif number != 'y' %}b{% endif %}", "b"),
        ("{{ 'a' if number else 'b' }}", "a"),
        ("{{ _('Invoice') }}", "Invoice"),
        ("100 % of {{ amount }}", "100 % of €49.00"),
        ("{{ date }}", "January 31, 2026"),
    ],
)
def test_what_a_template_may_do(source: str, shown: str) -> None:
    sources = Sources(source, "Subject")
    RENDERER.check(sources, KEY)
    assert RENDERER.render(sources, KEY, EXAMPLE, NAMES).text == shown


def test_values_are_text_in_html() -> None:
    facts = {**EXAMPLE, "message": "<script>alert(1)</script> & \"'", "customer": "<b>"}
    html = RENDERER.render(default_sources(KEY.kind, "email"), KEY, facts, NAMES).html or ""
    assert "<script>" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;" in html
    assert "Shop &amp; Söhne" in html


def test_a_subject_is_one_line() -> None:
    facts = {**EXAMPLE, "number": "1\r\nBcc: thief@example.net\x00\u2028x" + "9" * 500}
    subject = RENDERER.render(Sources("t", "{{ number }}"), KEY, facts, NAMES).subject or ""
    assert subject.isprintable()
    assert subject.startswith("1 Bcc:")
    assert len(subject) <= 250


def test_slack_reads_no_marks_in_values() -> None:
    key = TemplateKey("invoice.issued", "slack", "en")
    facts = {**EXAMPLE, "number": "<!channel> & <https://evil.example|here>"}
    text = RENDERER.render(RENDERER.default(key), key, facts, NAMES).text
    assert "<" not in text
    assert "&lt;!channel&gt; &amp;" in text


def test_a_text_that_grows_too_large_ends() -> None:
    with pytest.raises(SourceRefused, match="more than"):
        render_source(
            "{{ number }}" * 100, {"number": "9" * (OUTPUT_CHARACTERS_MAX // 50)}, is_html=False, translate=str
        )


def test_parts_fit_their_channel() -> None:
    for sources, channel in (
        (Sources("t"), "email"),
        (Sources("t", "s"), "slack"),
        (Sources("t", None, "<p>"), "slack"),
        (Sources("t", "{{ ' ' }}"), "email"),
    ):
        with pytest.raises(TemplateRefused):
            RENDERER.check(sources, TemplateKey("invoice.issued", channel, "en"))  # type: ignore[arg-type]  # one of them


class _Reader(HTMLParser):
    """Open elements, images and scripts of a mail."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


OF_OPERATORS = [TemplateKey("operator.invited", "email", language) for language in get_args(Language)]


@pytest.mark.parametrize("key", [*default_keys(), *OF_OPERATORS], ids=str)
def test_default_templates_are_good(key: TemplateKey) -> None:
    sources = RENDERER.default(key)
    RENDERER.check(sources, key)
    full = RENDERER.render(sources, key, EXAMPLE, NAMES)
    needed = {name: value for name, value in EXAMPLE.items() if name not in _OPTIONAL}
    bare = RENDERER.render(sources, key, needed, NAMES)
    for rendered in (full, bare):
        assert rendered.text.strip()
        assert "{{" not in rendered.text
        assert "\n\n\n" not in rendered.text
        if key.channel == "email":
            assert rendered.subject
            reader = _Reader()
            reader.feed(rendered.html or "")
            assert reader.open == []
            # Nothing is loaded from elsewhere, and no style sheet is needed.
            assert reader.seen.isdisjoint({"img", "script", "link", "style", "iframe"})
    assert sum(len(line) > 998 for line in (full.html or "").splitlines()) == 0


def test_every_text_is_in_every_catalogue_once() -> None:
    wanted = set[str]()
    for kind in (*get_args(NoticeKind), "operator.invited"):
        sources = default_sources(kind, "email")
        for source in (sources.subject, sources.text, sources.html):
            wanted |= set(_MSGID.findall(source or ""))
    for language in get_args(Language):
        if language == "en":
            continue
        content = (TEXTS / f"{language}.po").read_text()
        with (TEXTS / f"{language}.po").open("rb") as file:
            catalogue = read_po(file, locale=language)
        known = {str(message.id): str(message.string) for message in catalogue if message.id}
        assert known.keys() == wanted
        assert content.count("\nmsgid ") == len(known)
        for text, translated in known.items():
            assert translated
            assert sorted(re.findall(r"%\((\w+)\)s", text)) == sorted(re.findall(r"%\((\w+)\)s", translated))


def test_arabic_runs_from_right_to_left() -> None:
    def html(language: str) -> str:
        key = TemplateKey("invoice.issued", "email", language)
        return RENDERER.render(RENDERER.default(key), key, EXAMPLE, NAMES).html or ""

    assert '<td align="left"' in html("ar")
    assert html("ar").count('dir="rtl"') == 2
    assert 'dir="rtl"' not in html("fr")
    assert '<td align="right"' in html("fr")


def test_an_example_has_every_value() -> None:
    derived = {"organization", "color", "language"}
    for names in VARIABLES.values():
        assert set(names) - derived <= EXAMPLE.keys()


def test_a_channel_that_is_not_installed_has_no_templates() -> None:
    with pytest.raises(ChannelUnavailable):
        RENDERER.check(Sources("t"), TemplateKey("invoice.issued", "sms", "en"))
