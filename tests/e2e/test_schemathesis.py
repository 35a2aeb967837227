"""Both APIs keep what their OpenAPI documents say, whatever is sent: generated requests, valid and broken ones.

No server error, no status, content type or body that the document does not announce.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from schemathesis.checks import CHECKS
from schemathesis.core.result import Ok

from gateway_testkit.openapi import is_stream
from gateway_testkit.stack import REQUEST_S, Stack, fresh_address
from gateway_testkit.tenants import Tenant, furnish, open_tenant, system_key

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "8"))
"""Per operation and run. The same each time; more of them, each time others, where the variable asks for more."""
KEPT = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
"""The checks that judge answers. Whether a request should have been refused is a matter of rules beyond schemas."""
SPARED = ("DELETE", "/shred", "/revoke", "/rotate", "/organizations/{organization_id}/encryption")
"""Operations that would take the tenant of this test away: they get ids that do not exist."""


@pytest_asyncio.fixture(scope="module")
async def tenant(stack: Stack) -> Any:
    tenant = await open_tenant(stack, "Schemathesis")
    await furnish(tenant)
    yield tenant
    await tenant.aclose()


Prepare = Callable[[Any, bool], dict[str, str]]
"""Puts known ids into a case (or not) and says which headers to send."""


def failures_of(document_url: str, base_url: str, prepare: Prepare) -> Iterator[str]:
    """Failures, one text per operation."""
    schema = schemathesis.openapi.from_url(document_url)
    checks = CHECKS.get_by_names(list(KEPT))
    statuses = Counter[int]()
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        try:
            run(operation, base_url, prepare, checks, statuses)
        except Exception as exc:
            yield f"{operation.label}: {exc}"[:3000]
    # Requests were both accepted and refused: the cases are neither all nonsense nor all tame.
    assert statuses[200] > 5, statuses
    assert {404, 422} <= set(statuses), statuses


def run(operation: Any, base_url: str, prepare: Prepare, checks: Any, statuses: Counter[int]) -> None:
    """A bounded number of cases of one operation; every other one names objects that exist."""
    number = 0

    @settings(
        max_examples=EXAMPLES,
        derandomize="SCHEMATHESIS_EXAMPLES" not in os.environ,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def check(case: Any) -> None:
        nonlocal number
        number += 1
        headers = prepare(case, number % 2 == 0)
        response = case.call(base_url=base_url, headers=headers, timeout=REQUEST_S)
        statuses[response.status_code] += 1
        case.validate_response(response, checks=checks)

    check()


def with_known_ids(case: Any, ids: dict[str, str]) -> None:
    parameters = case.path_parameters
    for name in set(parameters or {}) & set(ids):
        parameters[name] = ids[name]


@pytest.mark.timeout(1200)
def test_the_merchants_api_keeps_its_document(stack: Stack, tenant: Tenant) -> None:
    base = stack.descriptor["urls"]["adminApi"]
    root = system_key(stack)

    def prepare(case: Any, wants_ids: bool) -> dict[str, str]:
        if is_stream(case.operation.definition.raw):
            return {"X-Real-IP": fresh_address()}
        name = f"{case.operation.method.upper()} {case.operation.path}"
        if wants_ids and not any(part in name for part in SPARED):
            with_known_ids(case, tenant.ids)
        is_system = case.operation.definition.raw.get("x-required-role") == "global"
        return {"Authorization": f"Bearer {root if is_system else tenant.key}", "X-Real-IP": fresh_address()}

    assert list(failures_of(f"{base}/api/v1/openapi.json", base, prepare)) == []


@pytest.mark.timeout(1200)
def test_the_customers_api_keeps_its_document(stack: Stack, tenant: Tenant) -> None:
    base = stack.descriptor["urls"]["checkoutApi"]
    ids = {**tenant.ids, "document_id": tenant.ids["invoice_id"]}

    def prepare(case: Any, wants_ids: bool) -> dict[str, str]:
        headers = {"Origin": stack.descriptor["edge"]["mainFrontend"], "X-Real-IP": fresh_address()}
        if wants_ids and not is_stream(case.operation.definition.raw):
            with_known_ids(case, ids)
            headers["X-Checkout-Session"] = ids["session_public_id"]
        return headers

    assert list(failures_of(f"{base}/api/v1/openapi.json", base, prepare)) == []
