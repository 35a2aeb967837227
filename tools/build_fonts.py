"""Builds the fonts of the PDF renderer from Debian's packages, and the list of characters that they cover.

    python tools/build_fonts.py <folder with the unpacked fonts-noto-core and fonts-noto-cjk>

Fonts of scripts are taken as they are, without their hinting; of Noto Sans CJK only what Droid Sans Fallback lacks:
Hangul, and Han beyond the first 20,902 characters. Without a folder only the list of characters is written again.
"""

import sys
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

FONTS: Final = Path(__file__).parents[1] / "svc-invoice/src/invoice/adapters/pdf/fonts"
COVERAGE: Final = FONTS / "coverage.txt"
_NAMES: Final = """
Adlam Arabic Armenian Balinese Bamum Bengali CanadianAboriginal Chakma Cham Cherokee Devanagari Ethiopic Georgian
Gujarati Gurmukhi HanifiRohingya Hebrew Javanese Kannada Khmer Lao Limbu Lisu Malayalam MeeteiMayek MendeKikakui
Mongolian Myanmar NewTaiLue NKo OlChiki Oriya Osmanya Sinhala Sundanese Syriac TaiLe TaiTham Tamil Telugu Thaana Thai
Tifinagh Vai Yi
"""
# Scripts of languages that documents exist in have a second weight, for titles.
_TITLES: Final = ("Arabic",)
CJK: Final = "NotoSansCJK-Regular.ttc"
CJK_FACE: Final = "Noto Sans CJK KR"
# A space between two words is taken from their font, as is what joins or marks their characters. Hangul stays whole.
SHARED: Final = frozenset([*range(0x20, 0x7F), 0xA0, *range(0x2000, 0x2070), *range(0x3000, 0x3040)])
HANGUL: Final = frozenset([*range(0x1100, 0x1200), *range(0x3130, 0x3190), *range(0xAC00, 0xD7A4)])


def main(arguments: list[str]) -> int:
    """Edge of the command line."""
    if arguments:
        _build(Path(arguments[0]))
    COVERAGE.write_text(" ".join(_ranges(covered())) + "\n", "ascii")
    return 0


def _build(source: Path) -> None:
    names = [f"{script}-Regular" for script in _NAMES.split()] + [f"{script}-Bold" for script in _TITLES]
    for name in names:
        [path] = source.rglob(f"NotoSans{name}.ttf")
        font = TTFont(path)
        _subset(font, font.getBestCmap())
        font.save(FONTS / path.name)
    [path] = source.rglob("NotoSerifTibetan-Regular.ttf")
    font = TTFont(path)
    _subset(font, font.getBestCmap())
    font.save(FONTS / path.name)
    [collection] = source.rglob(CJK)
    face = next(font for font in TTCollection(collection).fonts if font["name"].getDebugName(4) == CJK_FACE)
    known = set(TTFont(FONTS / "DroidSansFallbackFull.ttf").getBestCmap())
    _subset(face, [code for code in face.getBestCmap() if code not in known or code in SHARED | HANGUL])
    face.save(FONTS / "NotoSansCJKkr-Supplement.otf")


def _subset(font: TTFont, codes: Iterable[int]) -> None:
    options = Options(hinting=False, layout_features=["*"], name_IDs=["*"], notdef_outline=True, recalc_timestamp=False)
    options.drop_tables += ["DSIG", "vhea", "vmtx", "VORG"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=list(codes))
    subsetter.subset(font)


def covered() -> set[int]:
    """Every character that a shipped font has a glyph for; a glyph for private use means something else to others."""
    fonts = [path for path in FONTS.iterdir() if path.suffix in (".ttf", ".otf")]
    found = {code for path in fonts for code, glyph in TTFont(path).getBestCmap().items() if glyph != ".notdef"}
    return {code for code in found if unicodedata.category(chr(code)) != "Co"}


def _ranges(codes: set[int]) -> Iterator[str]:
    ordered, first = sorted(codes), None
    for code in ordered:
        if first is None:
            first = code
        if code + 1 not in codes:
            yield f"{first:x}" if first == code else f"{first:x}-{code:x}"
            first = None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
