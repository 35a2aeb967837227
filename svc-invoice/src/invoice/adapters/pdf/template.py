"""Templates and style sheets inside a renderer's process: sandboxed, without files and network."""

import unicodedata
from dataclasses import dataclass
from functools import cache, partial
from importlib import resources
from traceback import walk_tb
from typing import Any, Final

from invoice.domain.printed import Paper
from invoice.languages import language_of

DEFAULT: Final = "document.html"
_PACKAGE: Final = resources.files("invoice.adapters.pdf")
_FONTS: Final = 'Inter, "Noto Sans Arabic", "DejaVu Sans", "Droid Sans Fallback"'
_PAPERS: Final[dict[Paper, str]] = {"a4": "A4", "letter": "Letter"}
_ERROR_CHARACTERS_MAX: Final = 300
_OWN: Final = "<own template>"
"""The file of frames that an own template adds to a traceback; those of the default one have another."""
_DIRECTIONS: Final = {"L": "ltr", "R": "rtl", "AL": "rtl"}


@dataclass(frozen=True)
class Style:
    """A parsed style sheet and the fonts that it was parsed for: a third of a document's time, spent once."""

    sheet: Any
    fonts: Any
    fetcher: Any


@cache
def templates() -> Any:
    """The environment, with the default template compiled; importing the renderer takes a second: it is done once."""
    import jinja2.sandbox  # imported late: only renderers need it
    import weasyprint  # noqa: F401  # warmed here, used by others

    default = (_PACKAGE / DEFAULT).read_text("utf-8")
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        # Own templates may build upon the default one, and find no other.
        loader=jinja2.DictLoader({DEFAULT: default}),
    )
    environment.get_template(DEFAULT)
    return environment


def filled(view: dict[str, Any], template: str | None) -> str:
    """The page's HTML by that template, or by the default one."""
    found = templates().get_template(DEFAULT) if template is None else _compiled(template)
    say = language_of(view["language"]).say
    return str(found.render(view, _=say, own=partial(_own, base=view["direction"])))


def _compiled(source: str) -> Any:
    import jinja2  # imported late: only renderers need it

    environment = templates()
    code = environment.compile(source, filename=_OWN)
    return jinja2.Template.from_code(environment, code, environment.make_globals(None))


def _own(text: str | None, *, base: str) -> Any:
    """A text from outside, in the direction of its own script."""
    from markupsafe import Markup, escape

    strong = next((kind for kind in map(unicodedata.bidirectional, text or "") if kind in _DIRECTIONS), "")
    direction = _DIRECTIONS.get(strong, base)
    if direction == base:
        return escape(text or "")
    return Markup('<bdi class="{}">{}</bdi>').format("n" if direction == "ltr" else "r", text)


def error_text(error: Exception) -> str:
    """Kind, place and message of an error, for the template's author."""
    frames = [at for frame, at in walk_tb(error.__traceback__) if frame.f_code.co_filename == _OWN]
    line = getattr(error, "lineno", None) or (frames[-1] if frames else None)
    place = f" (line {line})" if line else ""
    return f"{type(error).__name__}{place}: {error}"[:_ERROR_CHARACTERS_MAX]


@cache
def style_of(paper: Paper, direction: str) -> Style:
    """The default style sheet for one paper and direction of lines."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    fonts, fetcher = FontConfiguration(), _fetcher()
    start, end = ("right", "left") if direction == "rtl" else ("left", "right")
    words = {"PAPER": _PAPERS[paper], "FONTS": _FONTS, "DIRECTION": direction, "START": start, "END": end}
    style = (_PACKAGE / "document.css").read_text("utf-8")
    for name, word in words.items():
        style = style.replace(f"__{name}__", word)
    return Style(CSS(string=style, font_config=fonts, url_fetcher=fetcher), fonts, fetcher)


def _fetcher() -> Any:
    """Opens nothing but images that are part of the page: no address and no file, whatever a customer typed."""
    from weasyprint.urls import URLFetcher

    class Images(URLFetcher):  # type: ignore[misc]  # the renderer has no types
        def fetch(self, url: str, headers: Any = None) -> Any:
            if not url.startswith("data:image/"):
                raise ValueError("only images inside of the page are read")
            return super().fetch(url, headers)

    return Images(allowed_protocols=("data",))
