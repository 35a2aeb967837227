"""The FastAPI application: routers, error form, documentation."""

from fastapi import FastAPI

from admin_api.edge.dependencies import Deps
from admin_api.encryption.web import kms
from admin_api.payments.web import (
    cases,
    checkouts,
    clients,
    credit_notes,
    deliveries,
    disputes,
    invoices,
    refunds,
    transactions,
)
from admin_api.people.web import members, operators, passkeys, sessions
from admin_api.shared.web.problems import install_problems
from admin_api.tenancy.web import api_keys, domains, organizations, providers, sites, system_keys
from admin_api.web import audit, health, reference
from admin_api.web.openapi import install_openapi
from gateway_kit.http.routing import require_inspecting
from gateway_kit.telemetry import OWN_SPANS_ONLY

API_PREFIX = "/api/v1"
ROUTERS = (
    checkouts.router,
    transactions.router,
    refunds.router,
    disputes.router,
    deliveries.router,
    invoices.router,
    credit_notes.router,
    clients.router,
    cases.router,
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
    sessions.router,
    passkeys.router,
    reference.router,
)
_DESCRIPTION = """
Create checkouts, read their payments, and manage sites, providers and keys of an organization.

**Authentication**: `Authorization: Bearer sk_test_…` or `sk_live_…`. The key decides the organization and the mode.
People sign in with a passkey (`/auth`) and send their access token in the same way; their organization is that of the
path, else that of the cookie `selectedOrganization`, and their mode is that of the header `Gateway-Mode` (`live` or
`test`).

**Limits**: 100 requests a second per key (200 at once). 429 answers say in `Retry-After` how long to wait and in
`Rate-Limited-Reason` why; every answer carries `RateLimit` and `RateLimit-Policy`.

**Notifications**: every change of a payment is POSTed to the checkout's `ipnUrl` as `{"id", "externalReference",
"status"}`, with `status` -2 canceled, 0 pending, 1 succeeded, 2 failed, 3 refunded, 4 chargeback. The header
`X-Signature-HMAC-SHA256` is the hex HMAC-SHA256 of `<X-Signature-Timestamp>.<body as it came>` under the whole text of
the site's notification secret. Any 2xx is a receipt; anything else is tried again.

**Amounts** are integers of minor units with an ISO 4217 currency.

**Sizes**: all texts of one request have at most 64 KiB of UTF-8 together, a checkout has at most 500 items. Rows of a
list that would make its page larger than 512 KiB leave out their long parts and say `"abridged": true`: read them one
by one, or with a smaller `limit`.

**Bodies** are JSON objects in UTF-8 with `Content-Type: application/json` (or `+json`): any other type, or none, is 415
`UNSUPPORTED_MEDIA_TYPE`, what cannot be read is 400 `BAD_REQUEST`.

**Empty and unknown fields**: in a POST or PUT, null and an empty text count as not given, and so does an object of
which nothing is left. PUT replaces: what is not given is as for a new object. PATCH changes: what is not given stays,
null or an empty text clears. A required field without a value is refused. Unknown fields are refused, except in bodies
that shops send (checkouts, clients, metadata): there they are ignored and named in `warnings` of the answer.

**Query parameters** that an operation does not know are refused with 422 `UNKNOWN_PARAMETER`, and so is one that is
given twice (422 `VALIDATION_FAILED`): a misspelled filter never looks like an answer.

**Errors** are `{"error", "code", "requestId", "details": [{"field", "message"}]}`.

**Idempotency**: send `Idempotency-Key` with every POST; a repetition gets the first answer, an answer 500 too: then
read the object before you try again under another key. 503 is not kept: repeat under the same key. A repetition has the
same body: `"locale": ""` is another request than none, but ignored unknown fields do not count.
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
    app.include_router(health.router)
    require_inspecting(app)
    install_problems(app)
    install_openapi(app, ROUTERS, API_PREFIX)
    return app
