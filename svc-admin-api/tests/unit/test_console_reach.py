"""The console reaches every operation of the API that people use for themselves, organizations, keys and shops."""

from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute

from admin_api.console.forms.account import OWN_FORMS, PASSKEY_FORMS, SESSION_FORMS
from admin_api.console.forms.pages import ObjectPage
from admin_api.console.forms.registry import OBJECT_PAGES, SETTINGS_PAGES
from admin_api.console.listings import LISTINGS
from admin_api.encryption.web import kms
from admin_api.notifications.web import notifications
from admin_api.notifications.web import settings as notification_settings
from admin_api.notifications.web import templates as notification_templates
from admin_api.payments.web import clients, invoice_settings, templates
from admin_api.people.web import members, operators, passkeys, sessions
from admin_api.tenancy.web import api_keys, domains, organizations, providers, sites, system_keys
from admin_api.web import audit

ROUTERS = (
    organizations.router,
    members.router,
    api_keys.router,
    kms.router,
    audit.router,
    operators.router,
    system_keys.router,
    sessions.router,
    passkeys.router,
    sites.router,
    providers.router,
    domains.router,
    clients.router,
    templates.router,
    invoice_settings.router,
    notifications.router,
    notification_settings.router,
    notification_templates.router,
)
BY_CODE = {
    ("POST", "/auth"): "console.js: sign-in",
    ("POST", "/auth/authenticate-complete"): "web/sign_in.py",
    ("POST", "/auth/register"): "web/sign_in.py",
    ("POST", "/auth/register-complete"): "web/sign_in.py",
    ("POST", "/auth/logout"): "web/sign_in.py, web/account.py",
    ("POST", "/auth/refresh-token"): "visitor.py",
    ("GET", "/auth/login/check"): "visitor.py",
    ("GET", "/auth/sessions"): "web/account.py",
    ("GET", "/auth/passkeys"): "web/account.py",
    ("POST", "/auth/passkeys"): "web/account.py",
    ("POST", "/auth/passkeys/complete"): "web/account.py",
    ("GET", "/organizations"): "web/selection.py",
    ("GET", "/domains/verify-cname"): "web/domains.py",
    ("POST", "/templates/{template_id}/preview"): "web/document_templates.py",
    ("GET", "/notifications/templates"): "forms/messages.py, web/message_templates.py",
    ("GET", "/notifications/templates/{message_template_id}"): "web/message_templates.py",
    ("POST", "/notifications/templates"): "web/message_templates.py",
    ("PUT", "/notifications/templates/{message_template_id}"): "web/message_templates.py",
    ("DELETE", "/notifications/templates/{message_template_id}"): "web/message_templates.py",
    ("POST", "/notifications/templates/{message_template_id}/publish"): "web/message_templates.py",
    ("POST", "/notifications/templates/preview"): "web/message_templates.py",
    ("GET", "/organizations/settings/invoicing/next-number"): "forms/invoicing.py, web/invoicing.py",
    ("GET", "/organizations/settings/invoicing/e-invoice-readiness"): "forms/invoicing.py",
}
"""Operations that code of pages and scripts calls, and where."""
_SAME: str = "the same as the operation with the organization in its path"
NOT_IN_PAGES = {
    ("PUT", "/sites/{site_id}"): "forms change by PATCH",
    ("PUT", "/providers/{provider_id}"): "forms change by PATCH",
    ("PUT", "/clients/{client_id}"): "forms change by PATCH",
    ("GET", "/domains/verify"): "the question of the server that gets certificates",
    ("GET", "/clients/search"): "the list has the same filter",
    ("GET", "/clients/{client_id}/history"): "the audit log has the same entries",
    ("GET", "/organizations/settings/invoicing"): _SAME,
    ("PUT", "/organizations/settings/invoicing"): _SAME,
    ("PATCH", "/organizations/settings/invoicing"): _SAME,
    ("PUT", "/organizations/{organization_id}"): "forms change by PATCH",
    ("PUT", "/organizations/{organization_id}/settings/invoicing"): "forms change by PATCH",
    ("PUT", "/organizations/{organization_id}/api-keys/{api_key_id}"): "forms change by PATCH",
    ("PUT", "/system/api-keys/{api_key_id}"): "forms change by PATCH",
    (
        "GET",
        "/organizations/{organization_id}/encryption/jobs/{encryption_job_id}",
    ): "the list of jobs shows each whole",
    ("GET", "/system/encryption/jobs/{encryption_job_id}"): "the list of jobs shows each whole",
    ("PUT", "/organizations/settings/notifications"): "forms change by PATCH",
    ("POST", "/invoices/{invoice_id}/send-email"): "the page of the invoice sends it",
    ("POST", "/credit-notes/{credit_note_id}/send-email"): "the page of the credit note sends it",
    ("GET", "/audit/export"): "a stream of the whole log, for programs",
    ("GET", "/system/audit/export"): "a stream of the whole log, for programs",
}
"""Operations that no page needs, and why."""


def operations() -> set[tuple[str, str]]:
    return {
        (method, route.path)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }


def declared() -> Iterator[tuple[str, str]]:
    """Operations of declared pages and lists."""
    yield from (("GET", listing.path) for listing in LISTINGS.values())
    for page in (*OBJECT_PAGES.values(), *SETTINGS_PAGES.values()):
        yield "GET", page.path
        yield from (("GET", path) for _, path in page.more)
        yield from ((form.verb, form.path) for form in (*page.forms, *([page.creates] if page.creates else ())))
    yield from ((form.verb, form.path) for form in (*PASSKEY_FORMS, *SESSION_FORMS, *OWN_FORMS))


def test_every_operation_is_reached_or_has_a_reason() -> None:
    assert sorted(operations() - set(declared()) - BY_CODE.keys() - NOT_IN_PAGES.keys()) == []


def test_no_reason_is_left_over() -> None:
    assert (BY_CODE.keys() | NOT_IN_PAGES.keys()) <= operations()
    assert not NOT_IN_PAGES.keys() & set(declared())


@pytest.mark.parametrize("page", [*OBJECT_PAGES.values(), *SETTINGS_PAGES.values()], ids=lambda page: page.slug)
def test_addresses_of_forms_are_their_own(page: ObjectPage) -> None:
    slugs = [form.slug for form in page.forms]
    assert len(slugs) == len(set(slugs))
