"""The check of the registers of invoices and credit notes."""

from typing import Any, Final

from admin_api.console.forms.fields import Row
from admin_api.console.forms.pages import ObjectPage
from admin_api.console.readiness_words import problem_of
from admin_api.console.translations import N_
from admin_api.console.visitor import Visitor


async def _words(_: Row, __: Visitor) -> dict[str, Any]:
    return {"problem_of": problem_of}


REGISTERS: Final = ObjectPage(
    "registers",
    N_("Check of the registers"),
    "/invoice-registers/check",
    template="registers.html",
    load=_words,
)
