"""Facts and sources become texts in the recipient's language."""

from datetime import date
from typing import Final

from babel import Locale
from babel.dates import format_date

from gateway_kit.pages.catalogues import catalogue
from gateway_kit.pages.locales import amount_text
from notify.adapters.templates.default import TEXTS, default_sources
from notify.adapters.templates.sandbox import SourceRefused, check_source, render_source
from notify.domain.facts import EXAMPLE, VARIABLES, Facts
from notify.domain.template import INSTALLED, Sources, TemplateKey
from notify.errors import ChannelUnavailable, TemplateRefused
from notify.ports import Names

_LINE_CHARACTERS_MAX: Final = 250
_EXAMPLE_NAMES: Final = Names("Example GmbH", "#1f2937")
_LOCALES: Final = {"pt": "pt_PT"}
# Slack reads these three as its own marks, in every value.
_SLACK_MARKS: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class TemplateRenderer:
    """Sandboxed templates with values as text."""

    def render(self, sources: Sources, key: TemplateKey, facts: Facts, names: Names) -> Sources:
        """See the port. A subject is one line."""
        values = _values(key, facts, names)
        if key.channel == "slack":
            values = {name: value.translate(_SLACK_MARKS) for name, value in values.items()}
        subject = self._part("subject", sources.subject, key, values)
        return Sources(
            text=self._part("text", sources.text, key, values) or "",
            subject=None if subject is None else _one_line(subject),
            html=self._part("html", sources.html, key, values),
        )

    def check(self, sources: Sources, key: TemplateKey) -> None:
        """See the port. The example is rendered too."""
        if key.channel not in INSTALLED:
            raise ChannelUnavailable(key.channel)
        if key.channel == "email" and sources.subject is None:
            raise TemplateRefused("subject", "a mail needs a subject")
        if key.channel != "email" and (sources.subject is not None or sources.html is not None):
            raise TemplateRefused("html" if sources.html is not None else "subject", "only a mail has one")
        for name, source in (("subject", sources.subject), ("html", sources.html), ("text", sources.text)):
            if source is not None:
                try:
                    check_source(source, frozenset(VARIABLES[key.kind]))
                except SourceRefused as exc:
                    raise TemplateRefused(name, str(exc)[:300]) from exc
        rendered = self.render(sources, key, EXAMPLE, _EXAMPLE_NAMES)
        if key.channel == "email" and not rendered.subject:
            raise TemplateRefused("subject", "is empty")

    def default(self, key: TemplateKey) -> Sources:
        """See the port."""
        return default_sources(key.kind, key.channel)

    def _part(self, name: str, source: str | None, key: TemplateKey, values: dict[str, str]) -> str | None:
        if source is None:
            return None
        try:
            return render_source(
                source, values, is_html=name == "html", translate=catalogue(TEXTS, key.language).gettext
            )
        except SourceRefused as exc:
            raise TemplateRefused(name, str(exc)[:300]) from exc


def _values(key: TemplateKey, facts: Facts, names: Names) -> dict[str, str]:
    locale = Locale.parse(_LOCALES.get(key.language, key.language))
    known = {
        "organization": names.organization,
        "color": names.color,
        "language": key.language,
        "amount": _amount(facts, locale),
        "date": _date(facts, locale),
    }
    return {name: known[name] if name in known else str(facts.get(name) or "") for name in VARIABLES[key.kind]}


def _amount(facts: Facts, locale: Locale) -> str:
    amount, currency = facts.get("amount"), facts.get("currency")
    return amount_text(amount, currency, locale) if isinstance(amount, int) and isinstance(currency, str) else ""


def _date(facts: Facts, locale: Locale) -> str:
    text = facts.get("date")
    return format_date(date.fromisoformat(text[:10]), "long", locale=locale) if isinstance(text, str) and text else ""


def _one_line(text: str) -> str:
    """Without line breaks and other control characters: nothing of it becomes a header of its own."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line[:_LINE_CHARACTERS_MAX]
