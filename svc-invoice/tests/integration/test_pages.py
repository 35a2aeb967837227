"""Pages in every language, as they are drawn."""

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from document_samples import item, sample

from gateway_contracts.languages import LANGUAGES
from invoice.adapters.pdf.pool import PdfPool
from invoice.domain.content import DocumentContent, VatBreakdown
from invoice.domain.printed import PrintedDocument
from invoice.languages import language_of

pytestmark = pytest.mark.integration

LARGE, LARGEST = 293_780_777, 151_517_162_449


def words_of(path: Path) -> list[list[str]]:
    """The letters of each word, sorted: ligatures of Arabic come out of a page in another order."""
    shown = subprocess.run(["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True).stdout
    return [sorted(word) for word in re.sub("[\u200e\u200f\u202a-\u202e]", "", shown).split()]


def credit(amount: int, language: str) -> DocumentContent:
    line = item(unit_price=amount)
    groups = (VatBreakdown(line.vat, amount, 0, amount),)
    return replace(sample(line, kind="credit_note", language=language), groups=groups, vat=0, total=amount)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("amount", "text"), [(LARGE, "Total credited"), (LARGEST, "VAT rate")])
async def test_no_word_beside_a_large_amount_is_broken(
    language: str, amount: int, text: str, pdf_pool: PdfPool, tmp_path: Path
) -> None:
    path = tmp_path / "document.pdf"
    path.write_bytes((await pdf_pool.render(PrintedDocument(credit(amount, language)), cpu_s=60)).pdf)

    shown = words_of(path)
    for word in language_of(language).say(text).split():
        assert sorted(word) in shown, word
