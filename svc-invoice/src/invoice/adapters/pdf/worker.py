"""Code inside a renderer's process: own fonts only, no network, the same bytes for the same invoice."""

import contextlib
import hashlib
import os
import resource
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from invoice.adapters.child_process import end_with_parent
from invoice.adapters.pdf.archive import write_pdf
from invoice.adapters.pdf.glyphs import drawable, undrawn
from invoice.adapters.pdf.labels import LANGUAGES
from invoice.domain.printed import PrintedInvoice

_PACKAGE: Final = resources.files("invoice.adapters.pdf")
# A document costs a tenth of a second of processor time: it may wait, the payments beside it may not. With a higher
# share (10) notifications took half as long again at 50 payments a second. On a machine that is always busy a document
# waits for minutes, which its deadline allows.
NICENESS: Final = 19
OVER_BUDGET: Final = -signal.SIGPROF
"""The exit code of a process whose document took more processor time than it may."""


def start() -> None:
    """Prepare a fresh process: end with the parent, see no fonts of the machine, load the renderer once."""
    end_with_parent()
    # A process over its processor time is ended by the kernel, also within a library; its memory is of no interest.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Read by fontconfig when the renderer is imported, which is why that happens only in here.
    os.environ["FONTCONFIG_FILE"] = str(_PACKAGE / "fonts.conf")
    # Otherwise the subset fonts would carry the time of the run.
    os.environ["SOURCE_DATE_EPOCH"] = "0"
    with _without_native_messages():
        _template()
        for language in LANGUAGES.values():
            _style(language.words["page"], language.words["of"])
    # Not before: loading takes seconds, and a process of low priority would not be ready for minutes on a busy machine.
    _give_way()


@contextlib.contextmanager
def _without_native_messages() -> Iterator[None]:
    """Fontconfig complains about the cache that it shall not have, past Python, on the error stream."""
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def _give_way() -> None:
    os.nice(NICENESS)
    # Where Linux shares time between sessions first, niceness counts only within one: take a nice session of our own.
    with contextlib.suppress(OSError):
        os.setsid()
        Path("/proc/self/autogroup").write_text(str(NICENESS))


@cache
def _template() -> Any:
    """The compiled template; importing the renderer takes a second, so it is done once."""
    import jinja2  # imported late: only renderers need it
    import weasyprint  # noqa: F401  # warmed here, used below

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string((_PACKAGE / "invoice.html").read_text("utf-8"))


@dataclass(frozen=True)
class Rendered:
    """A document, and its characters that no font could draw.

    Attributes:
        replaced: shown by their number.
        missed: shown as a box although a font has them: the renderer chose another one. There should be none.
    """

    pdf: bytes
    replaced: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()


def render(printed: PrintedInvoice, cpu_s: float) -> Rendered:
    """The PDF of one invoice. The kernel ends this process (`OVER_BUDGET`) after that much processor time."""
    from invoice.adapters.pdf.view import view_of  # kept out of the parent's start

    signal.setitimer(signal.ITIMER_PROF, cpu_s)
    try:
        return _document(view_of(printed), printed)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _document(view: dict[str, Any], printed: PrintedInvoice) -> Rendered:
    style = _style(view["words"]["page"], view["words"]["of"])
    # All texts at once, so that none is forgotten.
    html, replaced = drawable(_template().render(view))
    with undrawn() as missed:
        pdf = _print(html, style, printed)
    return Rendered(pdf, replaced, tuple(sorted(missed)))


@dataclass(frozen=True)
class _Style:
    """A parsed stylesheet and the fonts that it was parsed for: a third of a document's time, spent once."""

    sheet: Any
    fonts: Any
    fetcher: Any


@cache
def _style(page: str, of: str) -> _Style:
    """The stylesheet in one language; the words are those around the page number."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

    fonts = FontConfiguration()
    # No allowed scheme at all: nothing that a customer typed can make the renderer open an address or a file.
    nothing = URLFetcher(allowed_protocols=())
    style = (_PACKAGE / "invoice.css").read_text("utf-8").replace("__PAGE__", page).replace("__OF__", of)
    return _Style(CSS(string=style, font_config=fonts, url_fetcher=nothing), fonts, nothing)


def _print(html: str, style: _Style, printed: PrintedInvoice) -> bytes:
    from weasyprint import HTML

    assert printed.invoice.issued_at is not None, "only issued invoices are printed"
    return write_pdf(
        HTML(string=html, url_fetcher=style.fetcher),
        xml=printed.xml,
        when=printed.invoice.issued_at,
        stylesheets=[style.sheet],
        font_config=style.fonts,
        pdf_identifier=hashlib.sha256(printed.invoice.id.encode()).digest()[:16],
    )
