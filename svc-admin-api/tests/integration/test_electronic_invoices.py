"""Electronic forms of documents over HTTP; their owner answers from memory."""

from typing import Any

import pytest
from admin_world import Api
from owned_objects import ID

from gateway_contracts.errors import Invalid
from gateway_contracts.requests.invoice import GET_E_INVOICE, DocumentRef

pytestmark = pytest.mark.integration

PATHS = {
    f"/invoices/{ID}/xml": ("invoice", "xrechnung", "application/xml"),
    f"/invoices/{ID}/xml/peppol": ("invoice", "peppol", "application/xml"),
    f"/invoices/{ID}/pdf/zugferd": ("invoice", "zugferd", "application/pdf"),
    f"/credit-notes/{ID}/xml": ("credit_note", "xrechnung", "application/xml"),
    f"/credit-notes/{ID}/xml/peppol": ("credit_note", "peppol", "application/xml"),
    f"/credit-notes/{ID}/pdf/zugferd": ("credit_note", "zugferd", "application/pdf"),
}


@pytest.fixture
async def organization(api: Api) -> str:
    return str(await api.organization())


@pytest.mark.parametrize("path", PATHS)
async def test_a_form_is_served_with_its_type_and_etag(api: Api, organization: str, path: str) -> None:
    kind, format_, media_type = PATHS[path]
    sha = "c" * 64
    api.owners.answers[GET_E_INVOICE.subject] = lambda _: DocumentRef(
        object_name="o1", file_name="INV-1-x.xml", sha256=sha, key="", media_type=media_type
    )
    api.papers.stored["o1"] = b"<Invoice/>"
    key = await api.key(organization, f"{kind}:execute")

    answer = await api.ask("GET", path, key)
    cached = await api.ask("GET", path, key, If_None_Match=f'"{sha}"')

    [(_, asked, actor, _), _] = api.owners.asked_for(GET_E_INVOICE)
    assert (asked.document_id, asked.kind, asked.format) == (ID, kind, format_)
    assert actor.organization_id == organization
    assert (answer.status_code, answer.content) == (200, b"<Invoice/>")
    assert answer.headers["content-type"] == media_type
    assert (cached.status_code, cached.content) == (304, b"")


@pytest.mark.parametrize("path", PATHS)
async def test_reading_is_not_executing(api: Api, organization: str, path: str) -> None:
    key = await api.key(organization, "invoice:read", "credit_note:read")

    assert (await api.ask("GET", path, key)).status_code == 403
    assert (await api.ask("GET", path, "")).status_code == 401


async def test_all_that_is_missing_reaches_the_caller(api: Api, organization: str) -> None:
    missing = [{"code": "SELLER_IBAN_MISSING", "field": "bankIBAN", "sentence": "The seller's bank account."}]

    def refuse(_: Any) -> DocumentRef:
        raise Invalid("it lacks bankIBAN", code="EINVOICE_READINESS_FAILED", format="xrechnung", missing=missing)

    api.owners.answers[GET_E_INVOICE.subject] = refuse

    answer = await api.ask("GET", f"/invoices/{ID}/xml", await api.key(organization, "invoice:execute"))

    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["missing"]) == ("EINVOICE_READINESS_FAILED", missing)
