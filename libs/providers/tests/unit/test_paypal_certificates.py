"""Certificates under pressure: what strangers invent pushes out nothing that is known."""

import asyncio
from typing import Any

import pytest
from conformance import NOW, SECRET
from paypal_rig import URL, Host, a_key, certificates, event, signed

from gateway_contracts.errors import Transient
from gateway_providers.errors import SignatureInvalid, unavailable
from gateway_providers.events import Sender
from gateway_providers.paypal.certificate_cache import PROVEN_MAX, REFUSED_MAX, UNPROVEN_MAX
from gateway_providers.paypal.certificates import KEPT_S, STALE_S, NotThere
from gateway_providers.paypal.webhook import PayPalWebhooks

BODY = event("X", {})
STRANGER, PROVEN = Sender("203.0.113.66"), Sender("203.0.113.5", is_proven=True)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def deliver(webhooks: PayPalWebhooks, url: str = URL, *, sender: Sender = STRANGER, **changes: str) -> None:
    headers = signed(BODY, SECRET, NOW, paypal_cert_url=url, **changes)
    await webhooks.prepare(headers, sender)
    webhooks.verify(BODY, headers, [SECRET], NOW)


def invented(number: int) -> str:
    return f"{URL}-{number:x}"


async def test_a_certificate_that_verified_a_webhook_stays_however_many_addresses_are_invented() -> None:
    host = Host(a_key().pem)
    webhooks = PayPalWebhooks(certificates(host))
    await deliver(webhooks)
    for number in range(3 * UNPROVEN_MAX):
        with pytest.raises(SignatureInvalid):
            await deliver(webhooks, invented(number), paypal_transmission_id="forged")
    host.asked.clear()

    await deliver(webhooks)

    assert host.asked == []


async def test_a_genuine_webhook_cannot_be_used_to_keep_the_same_certificate_under_many_addresses() -> None:
    """The address is not signed: one genuine webhook can be sent again with variants."""
    host = Host(a_key().pem)
    kept = certificates(host)
    webhooks = PayPalWebhooks(kept)
    await deliver(webhooks)
    variants = [f"{URL}?x={number}" for number in range(PROVEN_MAX)]
    variants += [f"{URL}/{number}" for number in range(PROVEN_MAX)]
    variants += [URL.replace("https://api", f"https://a{number}") for number in range(PROVEN_MAX)]
    variants += [URL.replace("api.sandbox", "API.sandbox"), URL.replace(".com/", ".com:443/")]
    for url in variants:
        await deliver(webhooks, url)

    assert kept._cache.is_proven(URL)
    assert len(kept._cache._proven) == 1
    assert len(kept._cache._unproven) <= UNPROVEN_MAX


async def test_what_is_not_there_is_remembered_within_limits_and_is_no_certificate() -> None:
    host = Host(NotThere("status 404"))
    kept = certificates(host, monotonic=Clock())
    for number in range(REFUSED_MAX + 10):
        with pytest.raises(SignatureInvalid):
            await kept.have_ready(invented(number))
    host.asked.clear()

    with pytest.raises(SignatureInvalid):
        await kept.have_ready(invented(REFUSED_MAX))

    assert host.asked == []
    assert len(kept._cache._refused) == REFUSED_MAX


async def test_a_certificate_without_a_trusted_issuer_is_not_stored() -> None:
    kept = certificates(Host(a_key().pem), a_key("another.paypal.com"))
    with pytest.raises(SignatureInvalid):
        await deliver(PayPalWebhooks(kept))

    assert kept._cache.get(URL) is None


async def test_a_proven_certificate_is_used_while_it_cannot_be_fetched_again() -> None:
    clock, host = Clock(), Host(a_key().pem)
    webhooks = PayPalWebhooks(certificates(host, monotonic=clock))
    await deliver(webhooks)
    clock.now += KEPT_S + 1
    host.found = TimeoutError()

    await deliver(webhooks)
    assert len(host.asked) == 2, "it was tried"
    clock.now += STALE_S
    with pytest.raises(Transient):
        await deliver(webhooks)
    host.found = a_key().pem
    await deliver(webhooks)


class Places:
    """Says who asked for a place; none for strangers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bool]] = []

    def place(self, sender: Sender, *, is_known: bool) -> Any:
        self.asked.append((sender.lane, is_known))
        if not is_known:
            raise unavailable("no place")
        return asyncio.timeout(None)


async def test_proven_senders_and_certificates_do_not_wait_behind_strangers() -> None:
    clock, places = Clock(), Places()
    webhooks = PayPalWebhooks(certificates(Host(a_key().pem), places=places, monotonic=clock))
    with pytest.raises(Transient):
        await deliver(webhooks)
    await deliver(webhooks, sender=PROVEN)
    clock.now += KEPT_S + 1
    await deliver(webhooks)
    with pytest.raises(Transient):
        await deliver(webhooks, "https://objects.paypal.com/other")

    assert places.asked == [
        (STRANGER.lane, False),
        (PROVEN.lane, True),
        (STRANGER.lane, True),
        ("unusual address", False),
    ]
