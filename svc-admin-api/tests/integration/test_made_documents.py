"""Pro forma invoices and receipts over HTTP; their owner answers from memory."""

import base64
import hashlib
from typing import Any

import pytest
from admin_world import Api
from owned_objects import ID

from gateway_contracts.errors import Conflict
from gateway_contracts.requests.invoice import GET_PRO_FORMA, GET_RECEIPT, MadeDocument

pytestmark = pytest.mark.integration

OTHER_ID = "65b0000000000000000000bb"
METHODS = {
    f"/invoices/{ID}/pdf/proforma": GET_PRO_FORMA,
    f"/invoices/{ID}/pdf/receipt/{OTHER_ID}": GET_RECEIPT,
}
PDF = b"%PDF-1.7 a page"


@pytest.fixture
async def organization(api: Api) -> str:
    return str(await api.organization())


@pytest.mark.parametrize("path", METHODS)
async def test_a_made_document_is_served_as_others_are(api: Api, organization: str, path: str) -> None:
    method: Any = METHODS[path]
    api.owners.answers[method.subject] = lambda _: MadeDocument(file_name="x.pdf", pdf=base64.b64encode(PDF).decode())
    key = await api.key(organization, "invoice:execute")
    etag = f'"{hashlib.sha256(PDF).hexdigest()}"'

    answer = await api.ask("GET", path, key)
    part = await api.ask("GET", path, key, Range="bytes=0-3")
    known = await api.ask("GET", path, key, If_None_Match=etag)
    head = await api.ask("HEAD", path, key)

    assert (answer.status_code, answer.content, answer.headers["etag"]) == (200, PDF, etag)
    assert answer.headers["content-type"] == "application/pdf"
    assert "x.pdf" in answer.headers["content-disposition"]
    assert (part.status_code, part.content) == (206, b"%PDF")
    assert (known.status_code, known.content) == (304, b"")
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(PDF)))
    [(_, asked, actor, _), *_] = api.owners.asked_for(method)
    assert asked.invoice_id == ID
    assert getattr(asked, "transaction_id", OTHER_ID) == OTHER_ID
    assert actor.organization_id == organization


@pytest.mark.parametrize("path", METHODS)
async def test_reading_is_not_executing(api: Api, organization: str, path: str) -> None:
    key = await api.key(organization, "invoice:read")

    assert (await api.ask("GET", path, key)).status_code == 403
    assert (await api.ask("GET", path, "")).status_code == 401


async def test_refusals_of_the_owner_and_ids_that_cannot_be(api: Api, organization: str) -> None:
    def refuse(_: Any) -> MadeDocument:
        raise Conflict("the invoice is issued", code="INVOICE_ISSUED")

    api.owners.answers[GET_PRO_FORMA.subject] = refuse
    key = await api.key(organization, "invoice:execute")

    answer = await api.ask("GET", f"/invoices/{ID}/pdf/proforma", key)
    assert (answer.status_code, answer.json()["code"]) == (409, "INVOICE_ISSUED")
    assert (await api.ask("GET", "/invoices/x/pdf/proforma", key)).status_code == 404
    assert (await api.ask("GET", f"/invoices/{ID}/pdf/receipt/x", key)).status_code == 404
