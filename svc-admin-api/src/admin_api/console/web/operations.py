"""Pages of operators: state of the installation, and dead letters."""

import asyncio
import json
import re
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Final

from babel import Locale
from babel.numbers import get_decimal_symbol
from fastapi import Depends, Request
from starlette.responses import Response

from admin_api.console.admission import Admitted
from admin_api.console.api import Refused
from admin_api.console.letter_words import explained_id, letter_sentence, mode_of
from admin_api.console.rendering import Page, locale_of, render
from admin_api.console.routing import page_router, see_other
from admin_api.console.translations import N_, translations
from admin_api.console.visitor import Visitor
from admin_api.operations.use_cases.list_dead_letters import WORKERS
from admin_api.shared.domain.durations import duration_text
from gateway_contracts.errors import NotFound
from gateway_kit.health_report.finding import sentence
from gateway_kit.pages.forms import form_fields
from gateway_kit.pages.locales import moment_text, number_text

router = page_router()
LETTERS: Final = "/operations/dead-letters"
_LETTER: Final = LETTERS + "/{number}"
_REPORT: Final = "/operations/report"
_FILTERS: Final = ("worker", "organizationId", "reason")
_STATES: Final = ("attention", "unknown", "ok")
_SECONDS: Final = re.compile(r"([0-9][0-9,.]*) s")
_OF_SERVERS: Final = ("bus_", "database_")
"""Beginnings of the names of checks of servers."""
_SHOWN_ELSEWHERE: Final = ("backlog", "event_loop_lag")
"""Measured values that the tables of processes and consumers show."""


_OVERVIEW: Final = Admitted(
    ("GET", _REPORT), *(("GET", f"/operations/{name}") for name in ("domains", "rotations", "notifications"))
)


@router.get("/operations")
async def overview(request: Request, visitor: Annotated[Visitor, Depends(_OVERVIEW)]) -> Response:
    """State of the installation: sentences first, then the numbers."""
    report, domains, rotations, receivers = await asyncio.gather(
        visitor.api.read(_REPORT),
        visitor.api.read("/operations/domains"),
        visitor.api.read("/operations/rotations"),
        visitor.api.ask("GET", "/operations/notifications"),
    )
    locale = locale_of(request)
    worded = partial(
        sentence,
        translate=translations(locale.language).gettext,
        amount=partial(_amount, locale=locale),
        moment=lambda text: moment_text(datetime.fromisoformat(text), locale),
    )
    findings: dict[str, list[str]] = {state: [] for state in _STATES}
    for finding in report["findings"]:
        findings[finding["state"]].append(worded(finding["pattern"], finding["facts"]))
    values = {
        "report": report,
        "findings": findings,
        "domains": domains,
        "servers": [
            (finding["state"], worded(finding["pattern"], finding["facts"]))
            for finding in report["findings"]
            if finding["check"].startswith(_OF_SERVERS)
        ],
        "rotations": rotations["jobs"],
        "receivers": receivers.data.get("targets") if receivers.is_ok else None,
        "measurements": [
            {**row, "meaning": worded("%(meaning)s", {"meaning": row["meaning"]})}
            for row in report["measurements"]
            if row["check"] not in _SHOWN_ELSEWHERE
        ],
        "amount": partial(_amount, locale=locale),
        "mebibytes": lambda count: number_text(f"{count / 1024**2:,.0f} MiB", locale),
    }
    return render(Page("operations.html", N_("Operations"), visitor, values), request)


@router.get(LETTERS)
async def dead_letters(request: Request, visitor: Annotated[Visitor, Depends(Admitted(("GET", LETTERS)))]) -> Response:
    """One page of dead letters, oldest first."""
    given = request.query_params
    query = {name: given[name].strip() for name in _FILTERS if given.get(name, "").strip()}
    place = {"after": given["after"]} if given.get("after") else {}
    listed = await visitor.api.ask("GET", LETTERS, query={**query, **place})
    errors = listed.field_errors()
    if not listed.is_ok and not errors:
        raise Refused(listed)
    values = {
        "letters": listed.data.get("deadLetters", []),
        "following": listed.data.get("nextAfter"),
        "workers": WORKERS,
        "query": query,
        "errors": errors,
        "done": given.get("done"),
        "problem": given.get("problem"),
    }
    return render(Page("dead_letters.html", N_("Dead letters"), visitor, values, listed.status), request)


@router.post(LETTERS)
async def redrive_many(
    request: Request, visitor: Annotated[Visitor, Depends(Admitted(("POST", f"{LETTERS}/redrive")))]
) -> Response:
    """Process the letters of a filter again, and lead back to those that are left."""
    form = await form_fields(request)
    query = {name: form[name] for name in _FILTERS if form.get(name)}
    answer = await visitor.api.ask("POST", f"{LETTERS}/redrive", body=dict(query), key=form.get("key") or None)
    if not answer.is_ok:
        raise Refused(answer)
    count = sum(each["outcome"] == "redriven" for each in answer.data["redriven"])
    problem = answer.data["problemCode"]
    return see_other(LETTERS, **query, done=str(count), **({"problem": problem} if problem else {}))


@router.get(_LETTER)
async def dead_letter(
    number: str, request: Request, visitor: Annotated[Visitor, Depends(Admitted(("GET", _LETTER)))]
) -> Response:
    """One dead letter with the original message."""
    letter = await visitor.api.read(f"{LETTERS}/{_number(number)}")
    body = None if letter["body"] is None else json.dumps(letter["body"], indent=2, ensure_ascii=False)
    values: dict[str, Any] = {
        "letter": letter,
        "body": body,
        "sentence": letter_sentence(letter["reason"]),
        "explained": explained_id(letter),
        "mode": mode_of(letter),
        "amount": partial(_amount, locale=locale_of(request)),
    }
    return render(Page("dead_letter.html", N_("Dead letter"), visitor, values), request)


@router.post(_LETTER + "/redrive")
async def redrive(
    number: str, request: Request, visitor: Annotated[Visitor, Depends(Admitted(("POST", f"{_LETTER}/redrive")))]
) -> Response:
    """Process one again, and lead back to the list."""
    form = await form_fields(request)
    path = f"{LETTERS}/{_number(number)}/redrive"
    answer = await visitor.api.ask("POST", path, body={}, key=form.get("key") or None)
    if not answer.is_ok:
        raise Refused(answer)
    return see_other(LETTERS, done="1" if answer.data["outcome"] == "redriven" else "0")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound("there is no such dead letter", code="DEAD_LETTER_NOT_FOUND")
    return int(text)


def _amount(text: object, *, locale: Locale) -> str:
    """A number with its unit in the language of the page; seconds as a duration."""
    written = f"{text:,}" if isinstance(text, int) else str(text)
    seconds = _SECONDS.fullmatch(written)
    if seconds is None:
        return number_text(written, locale)
    milliseconds = float(seconds[1].replace(",", "")) * 1000
    return duration_text(milliseconds, decimal_sign=get_decimal_symbol(locale))
