import pytest
import stripe

from gateway_simulators.stripe.signing import signature, signature_header

BODY = b'{"id":"evt_1","type":"payment.succeeded","amount":1099,"currency":"EUR"}'


def test_signature_equals_the_published_vector() -> None:
    expected = "31aeda4791a69b5567be9319898388f400cfc4d6995b0db7ed6d415b628f8756"

    assert signature("whsec_anchor_secret", 1_700_000_000, BODY) == expected


def test_the_official_verifier_accepts_the_header_and_refuses_another_body() -> None:
    header = signature_header("whsec_anchor_secret", 1_700_000_000, BODY)

    assert stripe.WebhookSignature.verify_header(BODY.decode(), header, "whsec_anchor_secret")
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(BODY.decode() + " ", header, "whsec_anchor_secret")
