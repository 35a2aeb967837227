"""Lines, sums and VAT of a document as texts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from gateway_contracts.invoice_fields import VatCategory
from invoice.domain.content import WITHOUT_VAT, DocumentContent, DocumentLine, VatBreakdown, VatTreatment
from invoice.languages import N_, Language

# What the style sheet's sizes make of a figure, of a column title's character, and of the space before a cell.
DIGIT_MM: Final = 2.15
TITLE_CHARACTER_MM: Final = 1.75
CELL_PADDING_MM: Final = 4.2
SMALL_DIGIT_MM: Final = 1.7
LARGE_DIGIT_MM: Final = 2.9
_NARROW: Final = frozenset(" .,'\u2019\u00a0\u202f")
_VAT_MM_MAX: Final = 19.0
_SUM_MM_MAX: Final = 52.0
WHOLE_CHARACTERS_MAX: Final = 300
"""A line with a longer description may run on over the end of a page."""

_CATEGORIES: Final[dict[VatCategory, str]] = {
    "Z": N_("Zero rate"),
    "E": N_("Exempt"),
    "AE": N_("Reverse charge"),
    "K": N_("Intra-Community supply"),
    "G": N_("Export"),
    "O": N_("Outside the scope of VAT"),
}


@dataclass(frozen=True)
class _Words:
    """Amounts of one document."""

    language: Language
    currency: str

    def amount(self, minor: int) -> str:
        return self.language.amount(minor, self.currency)

    def money(self, minor: int) -> str:
        return self.language.money(minor, self.currency)

    def apart(self, minor: int) -> str:
        """The amount behind words that stand outside of `Language.say`."""
        return self.language.apart(self.money(minor))


def amounts_of(content: DocumentContent, language: Language) -> dict[str, Any]:
    """The template's variables about money, but for the payment."""
    words = _Words(language, content.currency)
    shows_vat = any(group.vat.rate is not None or group.vat.category for group in content.groups) or content.vat != 0
    lines, groups = list(_lines(content, words)), [_group(group, words) for group in _shown(content)]
    return {
        "currency": content.currency,
        "shows_vat": shows_vat,
        "lines": lines,
        "widths": _widths(lines, language, content.currency),
        "carried": words.apart(sum(line.total for line in content.lines)),
        "subtotal": words.amount(sum(line.total for line in content.lines)),
        "adjustments": [
            {
                "description": entry.description or language.say(N_("Discount")),
                "total": words.amount(entry.total if entry.is_charge else -entry.total),
            }
            for entry in content.adjustments
        ],
        "net": words.amount(content.net),
        "vat_sums": [
            {
                "name": language.say(N_("VAT %(rate)s"), rate=language.rate(group.vat.rate)),
                "vat": words.amount(group.amount),
            }
            for group in content.groups
            if group.vat.rate is not None and group.vat.category not in WITHOUT_VAT
        ],
        "groups": groups,
        "vat_width": _fitting(
            [*(text for group in groups for text in (group["net"], group["vat"], group["gross"])), *_titles(language)],
            SMALL_DIGIT_MM,
            _VAT_MM_MAX,
        ),
        "sum_width": _fitting([words.money(content.total)], LARGE_DIGIT_MM, _SUM_MM_MAX),
        "reasons": _reasons(content),
        "accounting": _accounting(content, language),
        "price_note": language.say(
            N_("Prices include VAT") if content.amount_type == "gross" else N_("Prices without VAT")
        ),
        "total_name": language.say(N_("Total credited") if content.kind == "credit_note" else N_("Total")),
        "total": words.money(content.total),
    }


def _lines(content: DocumentContent, words: _Words) -> Iterator[dict[str, Any]]:
    carried = 0
    for line in content.lines:
        before, carried = carried, carried + line.total
        yield {
            "name": line.name,
            "details": line.details,
            "discount": _discount(line, words),
            "may_break": len(line.name) + len(line.details or "") > WHOLE_CHARACTERS_MAX,
            "quantity": words.language.number(line.quantity),
            "unit_price": words.amount(line.unit_price),
            "rate": words.language.rate(line.vat.rate) if line.vat.rate is not None else "",
            "total": words.amount(line.total),
            # Printed at the top of a page that begins with this line, and at the foot of one that ends with it.
            "brought": words.apart(before) if before else "",
            "carried": words.apart(carried),
        }


def _discount(line: DocumentLine, words: _Words) -> str | None:
    if not line.discount:
        return None
    reason = line.discount_reason or words.language.say(N_("Discount"))
    return words.language.say(N_("less %(amount)s: %(reason)s"), amount=words.money(line.discount), reason=reason)


def _shown(content: DocumentContent) -> list[VatBreakdown]:
    """Groups with a row: a group that costs nothing needs no rate, and no row beside those that have one."""
    has_rates = any(group.vat.rate is not None for group in content.groups)
    return [group for group in content.groups if group.gross or not has_rates]


def _group(group: VatBreakdown, words: _Words) -> dict[str, Any]:
    return {
        "name": _name(group.vat, words.language),
        "net": words.amount(group.net),
        "vat": words.amount(group.amount),
        "gross": words.amount(group.gross),
    }


def _name(vat: VatTreatment, language: Language) -> str:
    """A rate, or why there is none."""
    if vat.category in _CATEGORIES:
        return language.say(_CATEGORIES[vat.category])
    return language.rate(vat.rate) if vat.rate is not None else language.say(N_("No VAT shown"))


def _reasons(content: DocumentContent) -> list[str]:
    """Why no VAT is charged, each once, and not again where the notes say it."""
    found = dict.fromkeys(group.vat.reason for group in content.groups if group.vat.reason)
    return [reason for reason in found if reason not in content.notes]


def _accounting(content: DocumentContent, language: Language) -> dict[str, str] | None:
    if (vat := content.accounting) is None:
        return None
    rate = language.say(
        N_("Rate %(rate)s (%(source)s, %(date)s)"),
        rate=language.number(vat.rate),
        source=vat.source,
        date=language.day(vat.day),
    )
    name = language.say(N_("VAT in %(currency)s:"), currency=vat.currency)
    return {"name": name, "amount": language.amount(vat.amount, vat.currency), "rate": rate}


def _titles(language: Language) -> list[str]:
    return [language.say(N_("Net")), language.say(N_("VAT")), language.say(N_("Gross"))]


def _fitting(texts: list[str], character_mm: float, mm_max: float) -> float | None:
    """Width of a column of amounts, see `_widths`; None where they need so much that the layout has to measure."""
    width = round(2.5 + max(map(_digits, texts)) * character_mm, 1)
    return width if width <= mm_max else None


def _digits(text: str) -> float:
    """How many digits would be as wide as that."""
    return sum(0.5 if one in _NARROW else 1.3 if one.isalpha() else 1 for one in text)


def _widths(lines: list[dict[str, Any]], language: Language, currency: str) -> dict[str, float]:
    """Widths of the number columns in millimetres.

    They are known before layout, which therefore need not measure every word of every line to find them: that takes
    four times as long as everything else on a document of 200 lines.
    """
    titles = {
        "quantity": language.say(N_("Qty")),
        "unit_price": language.say(N_("Unit price")),
        "rate": language.say(N_("VAT")),
        "total": f"{language.say(N_('Amount'))} ({currency})",
    }
    return {
        name: round(
            CELL_PADDING_MM
            + max(len(title) * TITLE_CHARACTER_MM, max((len(line[name]) for line in lines), default=0) * DIGIT_MM),
            1,
        )
        for name, title in titles.items()
    }
