"""Code inside a renderer's process: own fonts only, no network, the same bytes for the same invoice."""

import contextlib
import hashlib
import os
import resource
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Final

from gateway_contracts.languages import LANGUAGES
from invoice.adapters.child_process import end_with_parent
from invoice.adapters.pdf.archive import write_pdf
from invoice.adapters.pdf.glyphs import drawable, undrawn
from invoice.adapters.pdf.template import Style, error_text, filled, style_of, templates
from invoice.domain.printed import PrintedDocument
from invoice.languages import language_of

_PACKAGE: Final = resources.files("invoice.adapters.pdf")
# A document costs a tenth of a second of processor time: it may wait, the payments beside it may not. With a higher
# share (10) notifications took half as long again at 50 payments a second. On a machine that is always busy a document
# waits for minutes, which its deadline allows.
NICENESS: Final = 19
OVER_BUDGET: Final = -signal.SIGPROF
"""The exit code of a process whose document took more processor time than it may."""
MEMORY_BYTES_MAX: Final = 1 << 30
"""Of one process; a document of a thousand long lines takes a third of it."""


def start() -> None:
    """Prepare a fresh process: end with the parent, see no fonts of the machine, load the renderer once."""
    end_with_parent()
    # A process over its processor time is ended by the kernel, also within a library; its memory is of no interest.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    # Read by fontconfig when the renderer is imported, which is why that happens only in here.
    os.environ["FONTCONFIG_FILE"] = str(_PACKAGE / "fonts.conf")
    # Otherwise the subset fonts would carry the time of the run.
    os.environ["SOURCE_DATE_EPOCH"] = "0"
    with _without_native_messages():
        templates()
        style_of("a4", "ltr")
        for code in LANGUAGES:
            language_of(code)
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


@dataclass(frozen=True)
class Rendered:
    """A document, and its characters that no font could draw.

    Attributes:
        replaced: shown by their number.
        missed: shown as a box although a font has them: the renderer chose another one. There should be none.
        template_error: why the default template was taken in place of the organization's own.
    """

    pdf: bytes
    replaced: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    template_error: str | None = None


def render(printed: PrintedDocument, cpu_s: float) -> Rendered:
    """The PDF of one document. The kernel ends this process (`OVER_BUDGET`) after that much processor time."""
    signal.setitimer(signal.ITIMER_PROF, cpu_s)
    try:
        if printed.look.template is None:
            return _document(printed)
        try:
            return _document(printed)
        except Exception as exc:
            # Whatever a merchant's template does, the document is made.
            plain = replace(printed, look=replace(printed.look, template=None))
            return replace(_document(plain), template_error=error_text(exc))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _document(printed: PrintedDocument) -> Rendered:
    from invoice.adapters.pdf.view import view_of  # kept out of the parent's start

    view = view_of(printed.content, printed.look)
    # All texts at once, so that none is forgotten.
    html, replaced = drawable(filled(view, printed.look.template))
    with undrawn() as missed:
        pdf = _print(html, style_of(printed.look.paper, view["direction"]), printed)
    return Rendered(pdf, replaced, tuple(sorted(missed)))


def _print(html: str, style: Style, printed: PrintedDocument) -> bytes:
    from weasyprint import HTML

    return write_pdf(
        HTML(string=html, url_fetcher=style.fetcher),
        xml=printed.xml,
        when=printed.issued_at,
        stylesheets=[style.sheet],
        font_config=style.fonts,
        pdf_identifier=hashlib.sha256(printed.content.id.encode()).digest()[:16],
    )
