"""Words of invoices: everything that a draft may lack has a sentence."""

import tomllib
from pathlib import Path
from typing import Final

from admin_api.console.invoice_words import REASONS, lacking

ERRORS: Final = Path(__file__).parents[3] / "tools" / "error_texts.toml"


def test_every_documented_reason_of_drafts_has_a_sentence() -> None:
    documented = tomllib.loads(ERRORS.read_text())["drafts"]
    assert documented.keys() <= REASONS.keys()


def test_a_reason_that_is_not_known_yet_stands_for_itself() -> None:
    assert lacking("SOMETHING_NEW") == "SOMETHING_NEW"
