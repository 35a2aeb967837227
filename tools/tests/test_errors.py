"""The catalogue of error codes is that of the source."""

import ast
from textwrap import dedent

import gen_errors
from error_codes import Collector, draft_codes, failure_codes

ERRORS = """
class GatewayError(Exception):
    status = 500
    default_code = "INTERNAL_ERROR"

class Conflict(GatewayError):
    status = 409
    default_code = "CONFLICT"

class Invalid(GatewayError):
    status = 422
"""


def collected(source: str) -> dict[str, list[int]]:
    trees = {"libs/contracts/src/errors.py": ast.parse(ERRORS), "svc-a/src/a.py": ast.parse(dedent(source))}
    codes = Collector(trees).collect()
    return {code: sorted(entry.statuses) for code, entry in codes.items() if entry.packages == {"svc-a"}}


def test_the_page_is_current_and_every_code_has_a_text() -> None:
    catalogue = gen_errors.Catalogue()
    assert catalogue.problems() == []
    assert gen_errors.PAGE.read_text() == catalogue.page(), "run `make errors`"


def test_codes_of_calls_classes_and_constants() -> None:
    found = collected("""
        TAKEN = "NAME_TAKEN"

        class Gone(errors.Conflict):
            default_code = "ROW_GONE"

        def refuse():
            raise Conflict("taken", code=TAKEN)

        def field():
            raise Invalid.field("name", "is odd", code="NAME_ODD" if odd else "NAME_LONG")
    """)
    assert found == {"NAME_LONG": [422], "NAME_ODD": [422], "NAME_TAKEN": [409], "ROW_GONE": [409]}


def test_codes_of_functions_variables_and_statuses() -> None:
    found = collected("""
        def _refused(text, *, code) -> Invalid:
            return Invalid(text, code=code)

        def one():
            raise _refused("text", code="TEXT_REFUSED")

        def two():
            code = None
            if inexact:
                code = "AMOUNT_ODD"
            raise Conflict("no", code=code)

        def three():
            return Problem(429, "SLOW_DOWN", "later")

        BY_STATUS = {405: "METHOD_ODD"}
    """)
    assert found == {"AMOUNT_ODD": [409], "METHOD_ODD": [405], "SLOW_DOWN": [429], "TEXT_REFUSED": [422]}


def test_codes_of_field_rules() -> None:
    found = collected("""
        raise broken("currency_odd", "is odd")
        raise PydanticCustomError("gw_email_odd", "is odd")
        raise PydanticCustomError("malformed", "is odd")
    """)
    assert found == {"CURRENCY_ODD": [422], "EMAIL_ODD": [422]}


def test_what_is_no_error_is_left_out() -> None:
    assert collected('name = os.environ.get("NATS_URL")\ncheck(code="NO_ERROR")\nresult = (200, "FINE_THANKS")') == {}


def test_failures_and_drafts() -> None:
    provider = ast.parse('REASONS = {"odd": ("CARD_ODD", "The card is odd."), "x": ("PAIR_ONLY", "other")}')
    service = ast.parse('Failure(code="REFUND_ODD", message="No.")\nraise TotalsRefused("SUM_ODD", "odd")')
    trees = {"libs/providers/src/a.py": provider, "svc-a/src/b.py": service}
    assert failure_codes(trees) == {"CARD_ODD", "REFUND_ODD"}
    assert draft_codes(trees) == {"SUM_ODD"}
