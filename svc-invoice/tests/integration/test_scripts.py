"""Every script that people write in a supported currency's country is drawn: glyphs are compared, not text."""

import re
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import category

import pytest
from babel import Locale, UnknownLocaleError
from babel.languages import get_official_languages
from fontTools.ttLib import TTFont
from invoice_office import Office
from structlog.testing import capture_logs

import invoice.adapters.pdf
from gateway_contracts.countries import COUNTRIES
from gateway_contracts.events.transaction import Party, TransactionLine
from invoice.adapters.pdf.glyphs import covered, drawable
from invoice.adapters.pdf.pool import PdfPool

pytestmark = pytest.mark.integration

Line = Callable[..., TransactionLine]
FONTS = Path(invoice.adapters.pdf.__file__).parent / "fonts"
LATIN_BYTES_MAX = 48_000

# One character is one glyph here, whatever stands beside it.
PLAIN = {
    "Noto Sans CJK KR": "홍길동서울특별시한국어",
    "Noto Sans Thai": "กขคงจฉชซ",
    "Droid Sans Fallback": "北京市朝阳区東京都ひらがなカタカナ",
    "Noto Sans Ethiopic": "አዲስአበባ",
    "Inter": "Київ",
}
# Words whose glyphs depend on their neighbours, with spaces, digits and punctuation between them.
SHAPED = (
    "서울 강남구 12-3, (주) 홍길동",
    "สมชาย ใจดี เลขที่ 5/1 กรุงเทพฯ",
    "ភ្នំពេញ 12 ផ្លូវ",
    "ວຽງຈັນ ລາວ",
    "ရန်ကုန် မြို့",
    "नमस्ते क्षत्रिय, दिल्ली",
    "বাংলাদেশ ঢাকা",
    "தமிழ்நாடு கொழும்பு",
    "తెలుగు హైదరాబాద్",
    "ಕನ್ನಡ ಬೆಂಗಳೂರು",
    "മലയാളം കൊച്ചി",
    "ગુજરાતી ਪੰਜਾਬੀ ଓଡ଼ିଆ",
    "කොළඹ ශ්‍රී ලංකා",
    "الرياض پښتو ٹیکس سنڌي",
    "תל אביב שָׁלוֹם",
    "މާލެ ދިވެހިރާއްޖެ",
    "ཐིམ་ཕུ འབྲུག",
    "ᠮᠣᠩᠭᠣᠯ ᠤᠯᠤᠰ",
    "ߞߊ߲ߞߊ߲ ⴰⵎⵣⵔⵓⵢ ꆈꌠ",
    "𠮷野家 髙島屋 﨑 㗎 𨋢",
    "ㄅㄆㄇ 한\u1112\u1161\u11ab",
)


def objects_of(pdf: bytes) -> dict[int, bytes]:
    """All objects of a document, also those in object streams."""
    found = {int(number): body for number, body in re.findall(rb"(\d+) 0 obj\n(.*?)endobj", pdf, re.DOTALL)}
    for body in list(found.values()):
        if b"/ObjStm" in body[:300]:
            data, count = stream_of(body), int(re.findall(rb"/N (\d+)", body)[0])
            first = int(re.findall(rb"/First (\d+)", body)[0])
            table = [int(text) for text in data[:first].split()]
            places = [*table[1 : 2 * count : 2], len(data) - first]
            for index in range(count):
                found[table[2 * index]] = data[first + places[index] : first + places[index + 1]]
    return found


def stream_of(body: bytes) -> bytes:
    [data] = re.findall(rb"stream\r?\n(.*)\r?\nendstream", body, re.DOTALL)
    return zlib.decompress(data) if b"/FlateDecode" in body else data


def drawn(pdf: bytes) -> dict[str, set[int]]:
    """The glyph ids that each font draws, by the font's name."""
    objects, glyphs = objects_of(pdf), dict[str, set[int]]()
    names = dict(re.findall(rb"/BaseFont /(\w+)\+([\w-]+)", b"\n".join(objects.values())))
    pages = [body for body in objects.values() if re.search(rb"/Type /Page\b", body)]
    for page in pages:
        content = stream_of(objects[int(re.findall(rb"/Contents (\d+)", page)[0])])
        font = b""
        for part in re.findall(rb"/(\w+) [\d.]+ Tf|<([0-9a-f]+)>", content):
            font = part[0] or font
            ids = {int(part[1][at : at + 4], 16) for at in range(0, len(part[1]), 4)}
            glyphs.setdefault(names[font].decode(), set()).update(ids)
    return glyphs


@cache
def fonts() -> dict[str, TTFont]:
    """The shipped fonts by the names that documents give them."""
    loaded = [TTFont(path) for path in sorted(FONTS.iterdir()) if path.suffix in (".ttf", ".otf")]
    return {_name(font): font for font in loaded}


def _name(font: TTFont) -> str:
    family = str(font["name"].getDebugName(16) or font["name"].getDebugName(1))
    face = str(font["name"].getDebugName(6))
    weight = "-Semi-Bold" if face.endswith("SemiBold") else "-Bold" if face.endswith("Bold") else ""
    return family.replace(" ", "-") + weight


def check_glyphs(pdf: bytes) -> dict[str, set[int]]:
    """Every glyph is one that its font has, and none is the box."""
    found = drawn(pdf)
    for name, ids in found.items():
        known = fonts()[name]["maxp"].numGlyphs
        assert 0 not in ids, f"{name} draws a box"
        assert max(ids, default=1) < known, f"{name} lacks a glyph"
    return found


async def document(office: Office, pdf_pool: PdfPool, texts: list[str], line: Line, **values: Any) -> bytes:
    lines = tuple(line(text, 100, 1, vat_rate="19") for text in texts)
    issued = await office.issued(amount=100 * len(lines), lines=lines, **values)
    return (await pdf_pool.render(office.printed(issued), cpu_s=120)).pdf


async def test_characters_are_drawn_by_their_own_glyphs(office: Office, pdf_pool: PdfPool, line: Line) -> None:
    found = check_glyphs(await document(office, pdf_pool, list(PLAIN.values()), line))

    for family, text in PLAIN.items():
        name = family.replace(" ", "-")
        cmap, order = fonts()[name].getBestCmap(), fonts()[name].getReverseGlyphMap()
        assert {order[cmap[ord(character)]] for character in text} <= found[name], family


async def test_words_with_spaces_and_marks_between_them_have_no_box(
    office: Office, pdf_pool: PdfPool, line: Line
) -> None:
    found = check_glyphs(await document(office, pdf_pool, list(SHAPED), line))

    assert len(found) > 15


def texts_of_all_countries() -> dict[str, str]:
    """Of each language that is official somewhere: names of its countries and of the months."""
    texts: dict[str, str] = {}
    for country in sorted(COUNTRIES):
        for tag in get_official_languages(country, regional=True, de_facto=True):
            try:
                locale = Locale.parse(tag)
            except UnknownLocaleError:
                continue
            words = (locale.territories.get(country, ""), *locale.months["format"]["wide"].values())
            texts.setdefault(tag, " ".join(words))
    return texts


async def test_every_official_language_is_drawn(office: Office, pdf_pool: PdfPool, line: Line) -> None:
    texts = texts_of_all_countries()
    assert len(texts) > 150

    assert {tag: drawable(text)[1] for tag, text in texts.items() if drawable(text)[1]} == {}
    check_glyphs(await document(office, pdf_pool, list(texts.values()), line))


async def test_what_no_font_has_is_shown_by_its_number_logged_and_counted(
    office: Office, pdf_pool: PdfPool, line: Line
) -> None:
    before, buyer = pdf_pool.replaced, Party(name="Ann \U0001f381", city="\U00012000")
    with capture_logs() as logs:
        pdf = await document(office, pdf_pool, ["Gift \U0001f381\ufe0f", "\U0001d400 \ufb01"], line, party=buyer)

    check_glyphs(pdf)
    assert pdf_pool.replaced == before + 1
    [entry] = [entry for entry in logs if entry["event"] == "pdf.characters_replaced"]
    assert entry["replaced"] == ["U+12000", "U+1F381"]
    assert entry["boxes"] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Gift \U0001f381", "Gift [U+1F381]"),
        ("e\u0301", "é"),
        ("\U0001d400", "A"),
        ("a\U000e0101b", "ab"),
        ("\ufe64b\ufe65", "\ufe64b\ufe65" if "\ufe64" in covered() else "[U+FE64]b[U+FE65]"),
        ("\ue000", "[U+E000]"),
        ("\ufdd0", "[U+FDD0]"),
        ("plain", "plain"),
    ],
)
def test_replacements(text: str, shown: str) -> None:
    assert drawable(text)[0] == shown


async def test_latin_documents_do_not_grow(office: Office, pdf_pool: PdfPool, line: Line) -> None:
    pdf = await document(office, pdf_pool, ["Annual plan"], line)

    assert set(drawn(pdf)) == {"Inter", "Inter-Semi-Bold"}
    assert len(pdf) < LATIN_BYTES_MAX


def test_the_list_of_characters_is_that_of_the_fonts() -> None:
    glyphs = {code for font in fonts().values() for code, name in font.getBestCmap().items() if name != ".notdef"}

    assert {ord(character) for character in covered()} == {code for code in glyphs if category(chr(code)) != "Co"}
