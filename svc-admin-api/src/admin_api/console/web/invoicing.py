"""The number that a layout would give, for the script of the form."""

from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.responses import JSONResponse, Response

from admin_api.console.admission import Admitted
from admin_api.console.forms.invoicing import NEXT_NUMBER, NUMBERS
from admin_api.console.routing import page_router
from admin_api.console.visitor import Visitor
from gateway_contracts.errors import NotFound

router = page_router()
ReaderIn = Annotated[Visitor, Depends(Admitted(("GET", NEXT_NUMBER)))]
_NO_STORE: Final = {"Cache-Control": "no-store"}


@router.get("/settings/invoicing/next-number")
async def next_number(request: Request, visitor: ReaderIn, form: str = "") -> Response:
    """The next number by the inputs of the form, or why there is none.

    Raises:
        NotFound: no form of a layout.
    """
    if form not in NUMBERS:
        raise NotFound("there is no such form")
    kind, setting = NUMBERS[form]
    prefix = f"{setting}."
    typed = {
        name.removeprefix(prefix): text.strip()
        for name, text in request.query_params.items()
        if name.startswith(prefix) and (text.strip() or name.endswith(("prefix", "infix", "suffix")))
    }
    answer = await visitor.api.ask("GET", NEXT_NUMBER, query={"kind": kind, **typed})
    problems = "; ".join(answer.field_errors().values()) or answer.data.get("error", "")
    shown = {"number": answer.data["number"]} if answer.is_ok else {"problem": problems}
    return JSONResponse(shown, headers=_NO_STORE)
