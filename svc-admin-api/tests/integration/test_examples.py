"""Every example of the reference works, and every route asks for its scope and role."""

from datetime import UTC, datetime
from typing import Any

import pytest
from admin_world import Api, a_delivery
from operations_world import a_letter
from owned_objects import an_invoice

from admin_api.web.application import API_PREFIX
from admin_api.web.examples import EXAMPLES, ORGANIZATION_ID, SITE_ID
from gateway_contracts.ids import new_operation_id
from gateway_contracts.requests import case, dispute, domains, invoice, ipn, notify, provider, refund, transaction
from gateway_contracts.requests import invoice_changes as changes
from gateway_contracts.requests import operation as decisions
from gateway_contracts.requests import templates as documents

pytestmark = pytest.mark.integration

NOW = datetime(2026, 1, 31, tzinfo=UTC)
UNKNOWN = "65f0c0ffee65f0c0ffee65f0"
SYSTEM_ONLY = ("/system", "/operations", "/organizations/{organization_id}/shred")


def a_transaction(_request: Any) -> transaction.TransactionRecord:
    return transaction.TransactionRecord(
        id=UNKNOWN,
        checkout_id=UNKNOWN,
        session_public_id="cs",
        site_id=UNKNOWN,
        provider_id=UNKNOWN,
        provider_type="wire",
        status="pending_provider",
        amount=4900,
        currency="EUR",
        livemode=False,
        sequence=1,
        created_at=NOW,
        updated_at=NOW,
    )


def a_checkout(_request: Any) -> transaction.CheckoutRecord:
    return transaction.CheckoutRecord(
        id=UNKNOWN,
        site_id=UNKNOWN,
        session_public_id="cs",
        short_code="AbCdEfGhIj",
        status="pending",
        amount=4900,
        currency="EUR",
        livemode=False,
        expires_at=NOW,
        created_at=NOW,
        updated_at=NOW,
    )


def a_refund(_request: Any) -> refund.RefundRecord:
    return refund.RefundRecord(
        id=UNKNOWN,
        transaction_id=UNKNOWN,
        provider_id=UNKNOWN,
        provider_type="wire",
        status="requested",
        amount=1900,
        currency="EUR",
        livemode=False,
        created_at=NOW,
        updated_at=NOW,
    )


def a_dispute(_request: Any) -> dispute.DisputeRecord:
    return dispute.DisputeRecord(
        id=UNKNOWN,
        transaction_id=UNKNOWN,
        provider_id=UNKNOWN,
        provider_type="stripe",
        kind="chargeback",
        status="accepted",
        amount=4900,
        currency="EUR",
        livemode=False,
        funds_withdrawn=True,
        opened_at=NOW,
        updated_at=NOW,
    )


def a_hold(_request: Any) -> dispute.HoldRecord:
    return dispute.HoldRecord(
        id=UNKNOWN,
        action="block_all",
        reason="lost_dispute",
        transaction_id=UNKNOWN,
        dispute_id=UNKNOWN,
        active=False,
        created_at=NOW,
    )


def a_case(_request: Any) -> case.CaseRecord:
    return case.CaseRecord(
        id=UNKNOWN, kind="late_payment", status="accepted", provider_id=UNKNOWN, provider_type="wire", created_at=NOW
    )


def a_domain(request: Any) -> domains.DomainRecord:
    return domains.DomainRecord(
        id=request.domain_id,
        site_id=request.site_id,
        name=request.name,
        state="pending",
        cname_target="pay.example",
        created_at=NOW,
    )


def a_message(_request: Any) -> notify.NotificationRecord:
    return notify.NotificationRecord(
        id=UNKNOWN,
        event="invoice.issued",
        channel="email",
        audience="customer",
        state="waiting",
        livemode=False,
        correlation_id="req_1",
        created_at=NOW,
        kept_until=NOW,
    )


def a_document_template(_request: Any) -> documents.TemplateRecord:
    return documents.TemplateRecord(
        id=UNKNOWN,
        kind="invoice",
        livemode=True,
        name="House style",
        has_changes=True,
        created_at=NOW,
        changed_at=NOW,
    )


def a_template(_request: Any) -> notify.TemplateRecord:
    return notify.TemplateRecord(
        id=UNKNOWN, event="invoice.issued", channel="email", language="en", state="draft", text="x"
    )


def a_signed_notification(_request: Any) -> ipn.SignedDelivery:
    return ipn.SignedDelivery(delivery_id=UNKNOWN, body="{}", headers={})


def a_credit_note(_request: Any) -> invoice.CreditNoteRecord:
    return invoice.CreditNoteRecord(
        id=UNKNOWN,
        number="CN-2026-00001",
        invoice_id=UNKNOWN,
        invoice_number="INV-2026-00001",
        reason="manual",
        origin_id=UNKNOWN,
        site_id=UNKNOWN,
        livemode=False,
        currency="EUR",
        net=4900,
        vat=0,
        total=4900,
        created_at=NOW,
        issued_at=NOW,
    )


def a_payment_link(request: Any) -> changes.PaymentLink:
    return changes.PaymentLink(
        id=request.checkout_id,
        session_public_id="cs",
        short_code="AbCdEfGhIj",
        payment_url="https://pay.example/checkout/AbCdEfGhIj",
        amount=4900,
        currency="EUR",
        expires_at=NOW,
    )


OF_INVOICES = (
    changes.CREATE_DRAFT,
    changes.REPLACE_DRAFT,
    changes.DRAFT_FROM_TRANSACTION,
    changes.CHANGE_NOTES,
    changes.SCHEDULE_DRAFT,
    changes.LINK_TRANSACTION,
    changes.ISSUE_INVOICE,
    changes.VOID_INVOICE,
    changes.CORRECT_INVOICE,
    changes.REGENERATE_PDF,
)
"""Changes that are answered with the invoice."""


CHANGES_NOTHING = {"/templates/{template_id}/preview"}
"""A proof is printed again: no answer of that size is kept."""


async def prepared(api: Api) -> dict[str, str]:
    """The credentials, and an id for every placeholder of the paths."""
    api.owners.answers |= {
        transaction.UPDATE_CHECKOUT.subject: a_checkout,
        transaction.UPDATE_TRANSACTION.subject: a_transaction,
        transaction.RECORD_RECEIPT.subject: a_transaction,
        transaction.CANCEL_TRANSACTION.subject: a_transaction,
        dispute.RELEASE_HOLD.subject: a_hold,
        decisions.CREATE_MANUAL.subject: a_transaction,
        decisions.MARK_TRANSACTION.subject: a_transaction,
        decisions.RESOLVE_CASE.subject: a_case,
        refund.CREATE_REFUND.subject: a_refund,
        refund.SETTLE_REFUND.subject: a_refund,
        dispute.UPDATE_DISPUTE.subject: a_dispute,
        domains.REGISTER_DOMAIN.subject: a_domain,
        documents.CREATE_TEMPLATE.subject: a_document_template,
        documents.UPDATE_TEMPLATE.subject: a_document_template,
        documents.PUBLISH_TEMPLATE.subject: a_document_template,
        documents.PREVIEW_TEMPLATE.subject: lambda request: documents.TemplatePreview(pdf=""),
        notify.SEND_DOCUMENT.subject: a_message,
        notify.SEND_TEST.subject: a_message,
        notify.RESEND_NOTIFICATION.subject: a_message,
        notify.PUT_SETTINGS.subject: lambda request: notify.SettingsRecord(id=UNKNOWN),
        notify.CREATE_TEMPLATE.subject: a_template,
        notify.CHANGE_TEMPLATE.subject: a_template,
        notify.PUBLISH_TEMPLATE.subject: a_template,
        notify.PREVIEW_TEMPLATE.subject: lambda request: notify.RenderedTemplate(text="x"),
        ipn.RESEND.subject: a_delivery,
        ipn.SIGN.subject: a_signed_notification,
        provider.CHECK_PROVIDER.subject: lambda request: provider.ProviderChecks(checks=()),
        provider.REGISTER_WEBHOOK.subject: lambda request: provider.WebhookRegistered(is_new=True),
        **{method.subject: lambda request: an_invoice() for method in OF_INVOICES},
        changes.CREATE_CREDIT_NOTE.subject: a_credit_note,
        changes.CREATE_PAYMENT_LINK.subject: a_payment_link,
        changes.PREVIEW_DRAFT.subject: lambda request: changes.DraftPreview(
            currency="EUR", amount_type="net", net=0, vat=0, total=0
        ),
    }
    # The example of a bulk redrive takes the first, and leaves the second to the other operation.
    api.deps.operations.letters.stored += [a_letter(7), a_letter(8, reason="Other")]
    organization = await api.organization()
    key = await api.key(organization, livemode=True)
    wire = EXAMPLES["POST /providers"]
    spare = await api.key(organization, "site:read", livemode=True)
    member = await api.ask(
        "POST", f"/organizations/{organization}/members", key, {"email": "x@example.com", "role": "admin"}
    )
    system = await api.ask("POST", "/system/api-keys", api.system_key, {"label": "x", "scopes": ["organization:read"]})
    return {
        "key": key,
        "organization_id": organization,
        "site_id": (await api.site(key))["id"],
        "provider_id": (await api.ask("POST", "/providers", key, wire)).json()["id"],
        "client_id": (await api.ask("POST", "/clients", key, {"name": "x"})).json()["id"],
        "api_key_id": spare.split("_")[2].split(".")[0],
        "system_key_id": system.json()["id"],
        "member_id": member.json()["member"]["id"],
        "transaction_id": UNKNOWN,
        "checkout_id": UNKNOWN,
        "refund_id": UNKNOWN,
        "chargeback_id": UNKNOWN,
        "case_id": UNKNOWN,
        "invoice_id": UNKNOWN,
        "credit_note_id": UNKNOWN,
        "template_id": UNKNOWN,
        "message_template_id": UNKNOWN,
        "number": "8",
    }


def filled(value: Any, ids: dict[str, str]) -> Any:
    """The example with the ids that its reader puts in."""
    match value:
        case dict():
            return {name: filled(item, ids) for name, item in value.items()}
        case list():
            return [filled(item, ids) for item in value]
    return {SITE_ID: ids["site_id"], ORGANIZATION_ID: ids["organization_id"]}.get(str(value), value)


ENDINGS = ("/shred", "/revoke", "/rotate", "/toggle")
"""What takes away that others need comes last."""
REFUSED: set[tuple[str, int]] = set()
"""Operations that refuse their example here, with their status."""
ORDERED = sorted(EXAMPLES, key=lambda operation: operation.endswith("/shred"))


async def test_every_example_works(api: Api) -> None:
    ids = await prepared(api)

    for operation in ORDERED:
        verb, path = operation.split(" ")
        is_system = path.startswith(SYSTEM_ONLY) or operation == "POST /organizations"
        known = {**ids, "api_key_id": ids["system_key_id"]} if path.startswith("/system") else ids
        # A change of keys runs in the background; the one before is taken for done.
        await api.db.rotation_jobs.delete_many({})
        credential = api.system_key if is_system else ids["key"]
        example = filled(EXAMPLES[operation], ids)
        answer = await api.ask(verb, path.format(**known), credential, example, Idempotency_Key=new_operation_id())
        assert answer.status_code in (200, 201, 202), f"{operation}: {answer.text}"


async def test_every_post_answers_a_repetition_the_same(api: Api) -> None:
    """Also one without a body: to revoke twice under one key is to revoke once."""
    ids = await prepared(api)
    posts = [(path, operation) for verb, path, operation in await every_operation(api) if verb == "POST"]

    seen = 0
    for path, operation in sorted(posts, key=lambda row: row[0].endswith(ENDINGS)):
        is_system = operation["x-required-role"] == "global"
        known = {**ids, "api_key_id": ids["system_key_id"]} if path.startswith("/system") else ids
        credential = api.system_key if is_system else ids["key"]
        body = filled(EXAMPLES.get(f"POST {path}"), ids)
        await api.db.rotation_jobs.delete_many({})
        url = with_ids(path, known)
        first, again = [await api.ask("POST", url, credential, body, Idempotency_Key="once") for _ in range(2)]

        if not first.is_success:
            # Refused before anything was done: nothing is kept, and the repetition is refused again.
            assert (path, first.status_code) in REFUSED, f"{path}: {first.status_code} {first.text}"
            assert "idempotent-replayed" not in again.headers
            continue
        seen += 1
        assert (again.status_code, again.content) == (first.status_code, first.content), path
        if path in CHANGES_NOTHING:
            continue
        assert again.headers["idempotent-replayed"] == "true", path
        assert "idempotent-replayed" not in first.headers, path
    assert seen > 20


async def every_operation(api: Api) -> list[tuple[str, str, dict[str, Any]]]:
    document = await api.document()
    return [
        (verb.upper(), path.removeprefix(API_PREFIX), operation)
        for path, operations in document["paths"].items()
        for verb, operation in operations.items()
        if operation.get("x-required-scope")
    ]


def with_ids(path: str, ids: dict[str, str]) -> str:
    parts = [ids.get(part[1:-1], UNKNOWN) if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)


async def test_every_route_refuses_missing_scopes_and_lower_roles(api: Api) -> None:
    ids = await prepared(api)
    organization = ids["organization_id"]
    ranks = {"viewer": 1, "support": 2, "admin": 3}
    by_role = {role: await api.key(organization, role=role, livemode=True) for role in ranks}

    for verb, path, operation in await every_operation(api):
        scope, role = operation["x-required-scope"], operation["x-required-role"]
        body = EXAMPLES.get(f"{verb} {path}", {}) if "requestBody" in operation else None
        other = "vies:read" if scope != "vies:read" else "site:read"
        narrow = await api.key(organization, other, livemode=True)
        answer = await api.ask(verb, with_ids(path, ids), narrow, filled(body, ids))
        assert answer.status_code == 403, f"{verb} {path}: {answer.status_code}"
        for lower, key in by_role.items():
            if role == "global" or ranks[lower] < ranks[role]:
                answer = await api.ask(verb, with_ids(path, ids), key, filled(body, ids))
                assert answer.status_code == 403, f"{verb} {path} as {lower}: {answer.status_code}"


async def test_every_route_hides_another_organizations_objects(api: Api) -> None:
    theirs = await prepared(api)
    mine = await api.key(await api.organization("Mine"), livemode=True)

    for verb, path, operation in await every_operation(api):
        if "{" not in path or operation["x-required-role"] == "global":
            continue
        body = EXAMPLES.get(f"{verb} {path}", {}) if "requestBody" in operation else None
        api.owners.answers.clear()
        sent = filled(body, theirs)
        foreign = await api.ask(verb, with_ids(path, theirs), mine, sent, Idempotency_Key=new_operation_id())
        nowhere = with_ids(path, dict.fromkeys(theirs, UNKNOWN))
        unknown = await api.ask(verb, nowhere, mine, sent, Idempotency_Key=new_operation_id())
        # What belongs to another service is asked from it, and it refuses: here it does not answer at all.
        assert foreign.status_code in (404, 503), f"{verb} {path}: {foreign.status_code}"
        assert {**foreign.json(), "requestId": ""} == {**unknown.json(), "requestId": ""}, f"{verb} {path}"
