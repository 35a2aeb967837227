"""Pages in every language, as they are drawn."""

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from document_samples import item, sample

from invoice.adapters.pdf.pool import PdfPool
from invoice.domain.content import VatBreakdown
from invoice.domain.printed import PrintedDocument
from invoice.languages import LANGUAGES, language_of

pytestmark = pytest.mark.integration

LARGE = 293_780_777


def words_of(path: Path) -> list[list[str]]:
    """The letters of each word, sorted: ligatures of Arabic come out of a page in another order."""
    shown = subprocess.run(["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True).stdout
    return [sorted(word) for word in re.sub("[\u200e\u200f\u202a-\u202e]", "", shown).split()]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_word_of_the_total_is_broken(language: str, pdf_pool: PdfPool, tmp_path: Path) -> None:
    line = item(unit_price=LARGE)
    groups = (VatBreakdown(line.vat, LARGE, 0, LARGE),)
    content = replace(sample(line, kind="credit_note", language=language), groups=groups, vat=0, total=LARGE)

    path = tmp_path / "document.pdf"
    path.write_bytes((await pdf_pool.render(PrintedDocument(content), cpu_s=60)).pdf)

    shown = words_of(path)
    for word in language_of(language).say("Total credited").split():
        assert sorted(word) in shown, word
