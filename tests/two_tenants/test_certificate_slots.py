"""Fault 11: callers without credentials filled the few slots in which certificates of a provider are fetched. Genuine
webhooks were turned away."""

import asyncio
import itertools
import json
import secrets
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
import pytest_asyncio

from gateway_kit.cancellation import cancel_tasks
from gateway_simulators.paypal.keys import SigningKey, new_key
from gateway_testkit.installation import Installation, running_installation
from gateway_testkit.seller import Two
from gateway_testkit.stack import REQUEST_S
from gateway_testkit.stalling import StallingServer, stalling_server
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

GENUINE = 5
STRANGERS = 24
PROVIDER = "203.0.113.9"


@pytest_asyncio.fixture(scope="module")
async def certificates() -> AsyncIterator[StallingServer]:
    """Where certificates may come from: it hangs for addresses that it does not know."""
    async with stalling_server() as server:
        yield server


@pytest_asyncio.fixture(scope="module")
async def installation(
    tmp_path_factory: pytest.TempPathFactory, certificates: StallingServer
) -> AsyncIterator[Installation]:
    variables = {"svc-webhook-ingest": {"PAYPAL_CERT_HOSTS": certificates.url}}
    async with running_installation(tmp_path_factory.mktemp("slots"), variables=variables) as made:
        yield made


def genuine(key: SigningKey, certificate: str, webhook_id: str) -> tuple[bytes, dict[str, str]]:
    """An event as the provider sends it: the body and its headers."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    event = {
        "id": f"WH-{secrets.token_hex(8)}",
        "event_type": "PAYMENT.CAPTURE.COMPLETED",
        "create_time": now,
        "resource": {"id": secrets.token_hex(8)},
    }
    body, transmission = json.dumps(event).encode(), str(uuid.uuid4())
    return body, {
        "PAYPAL-TRANSMISSION-ID": transmission,
        "PAYPAL-TRANSMISSION-TIME": now,
        "PAYPAL-TRANSMISSION-SIG": key.signature(transmission, now, webhook_id, body),
        "PAYPAL-AUTH-ALGO": "SHA256withRSA",
        "PAYPAL-CERT-URL": certificate,
        "X-Real-IP": PROVIDER,
    }


@pytest.mark.parametrize("target", ["a", pytest.param("b", marks=pytest.mark.nightly)])
async def test_genuine_webhooks_of_b_find_a_slot(two: Two, certificates: StallingServer, target: str) -> None:
    webhook_id = f"WH-ID-{secrets.token_hex(4)}"
    body = {"type": "paypal", "label": "PayPal", "clientId": "c", "clientSecret": "s", "webhookId": webhook_id}
    accounts = {
        name: (await seller.tenant.make("/providers", body))["id"] for name, seller in (("a", two.a), ("b", two.b))
    }
    base = two.b.tenant.stack.descriptor["urls"]["checkoutApi"]
    async with httpx.AsyncClient(base_url=base, timeout=REQUEST_S) as http:
        flood = [
            asyncio.create_task(knock(http, accounts[target], certificates, number)) for number in range(STRANGERS)
        ]
        try:
            await eventually(lambda: len(certificates.asked) >= 4)
            statuses = []
            for number in range(GENUINE):
                # Each names a certificate that is not here yet, at an address of the provider's usual shape.
                key, path = new_key(), f"/v1/notifications/certs/CERT-{target}-{number}"
                certificates.pages[path] = key.pem
                content, headers = genuine(key, certificates.url + path, webhook_id)
                answer = await http.post(f"/hooks/paypal/{accounts['b']}", content=content, headers=headers)
                statuses.append(answer.status_code)
        finally:
            await cancel_tasks(flood)

    assert statuses == [200] * GENUINE


async def knock(http: httpx.AsyncClient, provider_id: str, certificates: StallingServer, number: int) -> None:
    """A stranger who names one invented certificate after another."""
    for attempt in itertools.count():
        _, headers = genuine(FORGER, f"{certificates.url}/invented/{number}-{attempt}-{secrets.token_hex(4)}", "none")
        headers["X-Real-IP"] = f"198.18.0.{number + 1}"
        answer = await http.post(f"/hooks/paypal/{provider_id}", content=b"{}", headers=headers)
        assert answer.status_code != 200, answer.text
        if answer.status_code == 429:
            # Its address is known as one that sends forged webhooks.
            return


FORGER = new_key()
