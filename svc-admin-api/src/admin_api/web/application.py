"""The FastAPI application: routers, error form, documentation."""

from fastapi import FastAPI

from admin_api.console.routing import page_problem
from admin_api.console.web import CONSOLE_ROUTERS
from admin_api.edge.dependencies import Deps
from admin_api.edge.needs import needs_of
from admin_api.encryption.web import kms, rotations
from admin_api.events.web import events
from admin_api.explanations.web import explanations
from admin_api.notifications.web import notifications
from admin_api.notifications.web import settings as notification_settings
from admin_api.notifications.web import templates as notification_templates
from admin_api.operations.web import dead_letters, operations
from admin_api.payments.web import (
    books,
    cases,
    checkouts,
    clients,
    credit_notes,
    deliveries,
    disputes,
    e_invoices,
    invoice_changes,
    invoice_settings,
    invoices,
    refunds,
    reports,
    templates,
    transactions,
)
from admin_api.people.web import members, operators, passkeys, sessions
from admin_api.shared.web.problems import install_problems
from admin_api.tenancy.web import api_keys, domains, organizations, providers, sites, system_keys
from admin_api.traces.web import traces
from admin_api.web import audit, health, reference
from admin_api.web.openapi import install_openapi
from gateway_kit.http.routing import require_inspecting
from gateway_kit.telemetry import OWN_SPANS_ONLY

API_PREFIX = "/api/v1"
ROUTERS = (
    checkouts.router,
    transactions.router,
    books.router,
    explanations.router,
    refunds.router,
    disputes.router,
    deliveries.router,
    invoices.router,
    invoice_changes.router,
    credit_notes.router,
    e_invoices.router,
    invoice_settings.router,
    templates.router,
    # Before the messages, whose ids stand in the place of its names.
    notification_templates.router,
    notifications.router,
    notification_settings.router,
    clients.router,
    cases.router,
    reports.router,
    sites.router,
    providers.router,
    domains.router,
    api_keys.router,
    members.router,
    organizations.router,
    kms.router,
    system_keys.router,
    operators.router,
    audit.router,
    operations.router,
    rotations.router,
    dead_letters.router,
    events.router,
    traces.router,
    sessions.router,
    passkeys.router,
    reference.router,
)
_DESCRIPTION = """
Create checkouts, read their payments, and manage sites, providers and keys of an organization.

**Authentication**: `Authorization: Bearer sk_test_…` or `sk_live_…`. The key determines the
organization and the mode. Users sign in with a passkey (`/auth`) and send their access token in the same header. Their
organization is named by the path, otherwise by the cookie `selectedOrganization`. Their mode is named by the header
`Gateway-Mode` (`live` or `test`).

**Limits**: 100 requests per second and key, with bursts of 200. An answer 429 has the waiting time in `Retry-After` and
the reason in `Rate-Limited-Reason`. Every answer has the headers `RateLimit` and `RateLimit-Policy`.

**Notifications**: every change of a payment is sent by POST to the checkout's `ipnUrl` as `{"id", "externalReference",
"status"}`, with `status` -2 canceled, 0 pending, 1 succeeded, 2 failed, 3 refunded, 4 chargeback. The header
`X-Signature-HMAC-SHA256` is the HMAC-SHA256, in hex, of `<X-Signature-Timestamp>.<raw body>`. Its key is the whole text
of the site's notification secret. Answer with any 2xx status; after any other answer the notification is sent again.

**Events**: `GET /events` lists what happened to the objects of the organization in the last 30 days, and
`GET /events/stream` follows it. Both go on after the last cursor without a gap or a repetition.

**Amounts** are integers of minor units with an ISO 4217 currency.

**Sizes**: the texts of one request have at most 64 KiB of UTF-8 in total. A checkout has at most 500 items. A page of a
list has at most 512 KiB: rows beyond it omit their long parts and have `"abridged": true`. Read such an object itself,
or use a smaller `limit`.

**Bodies** are JSON objects in UTF-8 with `Content-Type: application/json` (or `+json`): any other type, or none, is
answered with 415 `UNSUPPORTED_MEDIA_TYPE`. A body that cannot be read is answered with 400 `BAD_REQUEST`.

**Empty and unknown fields**: in a POST or PUT, null, an empty text and an object without values count as not given.
PUT replaces the object: fields that are not given get their defaults. PATCH changes the object: fields that are not
given stay, and null or an empty text clears a field. A required field without a value is refused. Unknown fields are
refused, except in bodies that shops send (checkouts, clients, metadata): there they are ignored, and `warnings` of the
answer names them.

**Query parameters** that an operation does not know are refused with 422 `UNKNOWN_PARAMETER`. A parameter that is given
twice is refused with 422 `VALIDATION_FAILED`. So a misspelled filter is never ignored.

**Errors** are `{"error", "code", "requestId", "details": [{"field", "message"}]}`.

**Idempotency**: send `Idempotency-Key` with every POST. A repetition gets the first answer, also if it was 500: in
that case read the object before you try again with another key. An answer 503 is not stored: repeat the request with
the same key. A repetition must have the same body: `"locale": ""` differs from no `locale`, but ignored unknown
fields do not count.
"""


def create_application(deps: Deps) -> FastAPI:
    """All routes under ``/api/v1``; health at the root."""
    app = FastAPI(
        title="Payment gateway: merchant API",
        version="1.0.0",
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{API_PREFIX}/openapi.json",
        redirect_slashes=False,
        telemetry=OWN_SPANS_ONLY,
    )
    app.state.deps = deps
    for router in ROUTERS:
        app.include_router(router, prefix=API_PREFIX)
    for router in (health.router, *CONSOLE_ROUTERS):
        app.include_router(router)
    require_inspecting(app)
    install_problems(app, page_problem)
    app.state.needs = needs_of(ROUTERS, API_PREFIX)
    install_openapi(app, app.state.needs, API_PREFIX)
    return app
