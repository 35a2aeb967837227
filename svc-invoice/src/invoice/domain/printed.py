"""Everything that a printed document shows and carries, handed to the renderer's process, which loads little else."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any, Final, Literal

from invoice.domain.content import DocumentContent

Paper = Literal["a4", "letter"]
ImageType = Literal["image/png", "image/jpeg"]

DEFAULT_COLOR: Final = "#22477a"
_LETTER: Final = frozenset(["US", "CA", "MX", "CL", "CO", "CR", "DO", "GT", "NI", "PA", "PH", "PR", "SV", "VE"])


def paper_of(country: str | None) -> Paper:
    """The paper that offices of a country use."""
    return "letter" if (country or "").upper() in _LETTER else "a4"


@dataclass(frozen=True)
class Logo:
    """An image that was checked when it was stored; its bytes are printed, and no address is ever fetched."""

    media_type: ImageType
    data: bytes


@dataclass(frozen=True)
class LookChoice:
    """The look that a document was first printed with: printed again, it looks the same.

    Attributes:
        color: ``#rrggbb``, of titles and rules.
        template: id of the template's version; None for the default template.
    """

    paper: Paper = "a4"
    color: str = DEFAULT_COLOR
    template: str | None = None


@dataclass(frozen=True)
class Look:
    """How a document looks, beside what it says.

    Attributes:
        template: source of the organization's own template, None for the default one.
    """

    paper: Paper = "a4"
    color: str = DEFAULT_COLOR
    logo: Logo | None = None
    template: str | None = None


PLAIN: Final = Look()


@dataclass(frozen=True)
class Print:
    """A document that was made.

    Attributes:
        template_error: why the default template was taken in place of the organization's own.
    """

    pdf: bytes
    template_error: str | None = None


@dataclass(frozen=True)
class PrintedDocument:
    """A document's content and look, whose it is, and its XML where it has all that one needs."""

    content: DocumentContent
    look: Look = PLAIN
    organization_id: str = ""
    issued_at: datetime | None = None
    xml: bytes | None = None

    @property
    def rows(self) -> int:
        """Lines and adjustments."""
        return len(self.content.lines) + len(self.content.adjustments)

    @property
    def characters(self) -> int:
        """Characters of all its texts."""
        return sum(len(text) for text in _texts(self.content)) + len(self.look.template or "")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _texts(part)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))
