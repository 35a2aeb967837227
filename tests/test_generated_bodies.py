"""Bodies that schemathesis generates from both OpenAPI documents are accepted by API and owner, for every operation.

Generated are whole bodies, so fields meet in ways that no one thought of. `kept` makes them follow the rules across
fields (`gateway_contracts.cross_field_rules`); what a schema says alone stays as it was generated.
"""

import os
from functools import cache
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from field_rule_cases import CASES, document_of, reads, refusal_of, takes_command
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from gateway_contracts.texts import clean_text

EXAMPLES = int(os.environ.get("BODIES_EXAMPLES", "2000" if "NIGHTLY" in os.environ else "8"))
FORMATS = {
    "iso-4217": st.sampled_from(["EUR", "usd", "JPY", "KWD"]),
    "iso-3166-alpha-2": st.sampled_from(["DE", "at", "US"]),
    "iana-time-zone": st.sampled_from(["Europe/Berlin", "UTC", "Asia/Tokyo"]),
    "unece-rec-20": st.sampled_from(["C62", "HUR", "KGM"]),
    "email": st.from_regex(r"[a-z0-9.+-]{1,20}@[a-z]{1,20}\.[a-z]{2,8}", fullmatch=True),
    "uri": st.from_regex(r"https://[a-z]{1,20}\.example/[a-z0-9/?=&-]{0,50}", fullmatch=True),
    "origin": st.from_regex(r"https://[a-z]{1,20}\.example", fullmatch=True),
    "date-time": st.datetimes().map(lambda moment: f"{moment.isoformat(timespec='seconds')}Z"),
}
for name, strategy in FORMATS.items():
    schemathesis.openapi.format(name, strategy)


SMALL = {"maxItems": 3, "maxProperties": 3, "maxLength": 40}
"""Bounds are the subject of `test_field_rules`; long lists and texts take most of the time here."""


def small(part: Any) -> Any:
    """A schema without room for large values."""
    if isinstance(part, list):
        return [small(one) for one in part]
    if not isinstance(part, dict):
        return part
    lower = {name: max(most, part.get(name.replace("max", "min"), 0)) for name, most in SMALL.items()}
    return {
        name: min(value, lower[name]) if name in SMALL and isinstance(value, int) else small(value)
        for name, value in part.items()
    }


@cache
def generators(app: FastAPI) -> dict[str, st.SearchStrategy[Any]]:
    """Allowed requests of each operation, by method and path."""
    loaded = schemathesis.openapi.from_dict(small(document_of(app))).get_all_operations()
    found = [one.ok() for one in loaded if isinstance(one, Ok)]
    return {
        f"{one.method.upper()} {one.path}": one.as_strategy(generation_mode=GenerationMode.POSITIVE) for one in found
    }


def kept(body: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The body with the rules across fields kept, and without characters that no text may have."""
    body = {name: _clean(value) for name, value in body.items()}
    if "externalReference" in schema["properties"]:
        body |= {} if body.get("invoiceNumber") else {"externalReference": "1"}
        is_checkout = "amount" in schema["properties"]
        text = "name" if is_checkout else "description"
        items = [_kept_item(item, text) for item in body.pop("items", None) or ()]
        body |= {"items": items} if items else {}
        if items and is_checkout:
            body["amount"] = sum(item["quantity"] * item["unitPrice"] for item in items)
    return body


def _kept_item(item: dict[str, Any], text: str) -> dict[str, Any]:
    name = item.get(text) if str(item.get(text) or "").strip() else "x"
    price = abs(item["unitPrice"]) % 10**6 + 1
    return {**item, text: name, "quantity": _quantity(item), "unitPrice": price}


def _quantity(item: dict[str, Any]) -> Any:
    """A quantity above 0: of a checkout a whole number, of an invoice a text or number with decimals."""
    quantity = item.get("quantity")
    if quantity is None:
        return 1
    if isinstance(quantity, str):
        return quantity if float(quantity) else "1"
    return round(quantity % 1_000 + 1, 4)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value, len(value))
    if isinstance(value, float) and value.is_integer():
        return int(value)  # 1.0 is an integer for a schema; here amounts with decimals are refused
    if isinstance(value, float):
        # Numbers of four decimals have no exact `multipleOf`, so the limit stands in the description.
        return round(value, 4)
    if isinstance(value, dict):
        return {clean_text(name, len(name)): _clean(one) for name, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("app", "owners", "name", "schema", "example", "model"), CASES)
def test_a_generated_body_is_accepted(
    app: FastAPI, owners: Any, name: str, schema: Any, example: Any, model: Any
) -> None:
    generated = generators(app)[name]

    # Bodies are small as they are; to make a failing one smaller takes minutes.
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=None, phases=(Phase.generate,))
    @given(case=generated)
    def accept(case: Any) -> None:
        if not isinstance(case.body, dict):
            return  # a body that may be left out
        body = kept(case.body, schema)
        read = reads(model, body)
        assert read is not None, refusal_of(model, body)
        assert takes_command(owners, name, read), body

    accept()
