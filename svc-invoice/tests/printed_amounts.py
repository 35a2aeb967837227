"""Amounts of a printed document, read off the page by its language's own signs and not by what wrote them."""

import re
import subprocess
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Final

from gateway_contracts.currencies import EXPONENTS
from invoice.domain.content import DocumentContent
from invoice.domain.printed import Paper
from invoice.languages import Language, language_of

SIGNS: Final = {
    "en": (",", "."),
    "de": (".", ","),
    "fr": (" ", ","),
    "es": (".", ","),
    "it": (".", ","),
    "nl": (".", ","),
    "pl": (" ", ","),
    "pt": (" ", ","),
    "ar": (",", "."),
}
"""What stands between thousands, and before decimals."""
_MARKS: Final = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_MM: Final = 72 / 25.4
_WIDTHS_MM: Final[dict[Paper, float]] = {"a4": 210, "letter": 215.9}
_HEIGHT_MM: Final = 300
_MARGIN_MM: Final = 20
_SUMS_MM: Final = 82


@dataclass(frozen=True)
class Row:
    """A line of text: its words without spaces, its amounts in reading order, whether it names the currency."""

    words: str
    amounts: tuple[int, ...]
    is_coded: bool


@dataclass(frozen=True)
class Page:
    """The foot and head of a page, and the names of the items on it."""

    brought: int | None
    carried: int | None
    items: tuple[str, ...]


@dataclass(frozen=True)
class PrintedAmounts:
    """A printed document, read."""

    path: Path
    content: DocumentContent
    paper: Paper

    def net(self) -> int:
        """The sum without VAT; the total where no VAT is shown."""
        return self._sum("Net total")

    def vat(self) -> int:
        """The sum of VAT over its rates."""
        rates = [group.vat.rate for group in self.content.groups if group.vat.category == "S" and group.vat.rate]
        return sum(self._sum("VAT %(rate)s", rate=self._language.rate(rate)) for rate in rates)

    def total(self) -> int:
        """The total, which names its currency."""
        return self._sum("Total credited" if self.content.kind == "credit_note" else "Total", is_coded=True)

    def breakdown(self) -> list[tuple[int, ...]]:
        """Net, VAT and gross of each row of the table of VAT."""
        whole = _WIDTHS_MM[self.paper] - 2 * _MARGIN_MM
        start = _MARGIN_MM + _SUMS_MM if self._language.is_right_to_left else _MARGIN_MM
        # Beside the sums, or above them where it needs the whole width.
        return self._breakdown(start, whole - _SUMS_MM) or self._breakdown(_MARGIN_MM, whole)

    def _breakdown(self, start_mm: float, width_mm: float) -> list[tuple[int, ...]]:
        found = [self._row(line) for line in self._text(start_mm, width_mm).splitlines()]
        title = _squeezed(self._language.say("VAT rate"))
        head = max((place for place, row in enumerate(found) if title in row.words), default=0)
        note = "Prices include VAT" if self.content.amount_type == "gross" else "Prices without VAT"
        end = _squeezed(self._language.say(note))
        rows = takewhile(lambda row: end not in row.words, found[head:])
        # A part of a page with few Arabic letters is read from left to right, its table from the last column.
        from_last = self._language.is_right_to_left and found[head].words.endswith(title)
        return [row.amounts[::-1] if from_last else row.amounts for row in rows if len(row.amounts) == 3]

    def pages(self) -> list[Page]:
        """The totals that are carried from page to page."""
        return [self._page(text) for text in self._text(0, _WIDTHS_MM[self.paper]).rstrip("\f").split("\f")]

    @cached_property
    def _language(self) -> Language:
        return language_of(self.content.language, self.content.seller.address.country)

    def _sum(self, label: str, *, is_coded: bool = False, **values: str) -> int:
        wanted = _squeezed(self._language.say(label, **values))
        # A long label runs on in the line below its amount.
        found = [
            row.amounts[-1]
            for row in self._sums
            if row.amounts and row.words and row.is_coded == is_coded and wanted.startswith(row.words)
        ]
        assert found, (wanted, self._sums)
        return found[0]

    @cached_property
    def _sums(self) -> list[Row]:
        """Rows of the column of sums, and what else stands on that side of the page."""
        left = self._language.is_right_to_left
        start = _MARGIN_MM if left else _WIDTHS_MM[self.paper] - _MARGIN_MM - _SUMS_MM
        return [self._row(line) for line in self._text(start, _SUMS_MM).splitlines()]

    def _page(self, text: str) -> Page:
        rows = [self._row(line) for line in text.splitlines()]
        items = tuple(re.findall(r"#\d+ Book", text))
        at_head, at_foot = self._named(rows, "Brought forward"), self._named(rows, "Carried forward")
        if self._language.is_right_to_left:
            # In Arabic, the one begins with the other.
            at_foot = [row for row in at_foot if row not in at_head]
        return Page(self._moved(at_head), self._moved(at_foot), items)

    def _named(self, rows: list[Row], label: str) -> list[Row]:
        wanted = _squeezed(self._language.say(label))
        if self._language.is_right_to_left:
            # What stands on the other side of the page may come behind it.
            return [row for row in rows if wanted in row.words]
        return [row for row in rows if row.words.endswith(wanted)]

    def _moved(self, rows: list[Row]) -> int | None:
        found = [row.amounts[-1] for row in rows if row.is_coded]
        assert len(found) <= 1, rows
        return found[0] if found else None

    def _row(self, line: str) -> Row:
        code = self.content.currency
        is_coded = code in line
        amounts = []

        def taken(match: re.Match[str]) -> str:
            amounts.append(self._minor(match[0]))
            return " "

        words = self._amount.sub(taken, line.replace(code, " "))
        return Row(_squeezed(words), tuple(amounts), is_coded)

    @cached_property
    def _amount(self) -> re.Pattern[str]:
        thousands, decimal = (re.escape(sign) for sign in SIGNS[self.content.language])
        places = EXPONENTS[self.content.currency]
        end = rf"{decimal}\d{{{places}}}" if places else ""
        # Whole amounts look like other numbers: rates have a sign, years and quantities are not in these columns.
        return re.compile(rf"(?<![\w#.,/-])\u2212?(?:\d{{1,3}}(?:{thousands}\d{{3}})+|\d+){end}(?![\w.,]|\s?%)")

    def _minor(self, text: str) -> int:
        thousands, decimal = SIGNS[self.content.language]
        digits = text.replace(thousands, "").replace(decimal, "")
        return -int(digits[1:]) if digits.startswith("\u2212") else int(digits)

    def _text(self, left_mm: float, width_mm: float) -> str:
        """The text of a part of all pages, as wide as that."""
        box = {"-x": left_mm - 1, "-y": 0, "-W": width_mm + 2, "-H": _HEIGHT_MM}
        options = [word for name, mm in box.items() for word in (name, str(max(round(mm * _MM), 0)))]
        command = ["pdftotext", "-layout", *options, str(self.path), "-"]
        shown = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
        return _MARKS.sub("", shown).replace("\u00a0", " ").replace("\u202f", " ")


def _squeezed(text: str) -> str:
    """Without spaces; the two letters of an Arabic ligature in one order, as they come out of a page in either."""
    return re.sub("\u0644([\u0622\u0623\u0625\u0627])", "\\1\u0644", re.sub(r"\s+", "", _MARKS.sub("", text)))
