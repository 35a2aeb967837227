"""Knowledge of a certificate, and the moment of the next look."""

from datetime import UTC, datetime, timedelta

import pytest

from domains.domain.certificate import Certificate, Shown, after_look, look_on_request
from gateway_kit.http.certificates import Presented

NOW = datetime(2026, 1, 15, tzinfo=UTC)
DAY = timedelta(days=1)


def shown(life: timedelta, left: timedelta) -> Shown:
    return Shown(NOW + left - life, NOW + left, "Authority")


@pytest.mark.parametrize(
    ("life", "left", "state"),
    [
        (90 * DAY, 30 * DAY, "valid"),
        (90 * DAY, 14 * DAY + timedelta(seconds=1), "valid"),
        (90 * DAY, 14 * DAY, "expiring"),
        (90 * DAY, timedelta(0), "expired"),
        # Authorities whose certificates live for days or hours.
        (6 * DAY, 3 * DAY, "valid"),
        (6 * DAY, DAY, "expiring"),
        (DAY / 2, DAY / 4, "valid"),
    ],
)
def test_a_certificate_is_late_when_it_should_have_been_renewed(life: timedelta, left: timedelta, state: str) -> None:
    certificate = after_look(None, shown(life, left), at=NOW)

    assert certificate.state_at(NOW) == state
    assert NOW < certificate.next_look() <= NOW + DAY


def test_failures_are_tried_again_ever_later_and_take_nothing_back() -> None:
    certificate: Certificate | None = after_look(None, shown(90 * DAY, 60 * DAY), at=NOW)
    waits = []
    for _ in range(5):
        certificate = after_look(certificate, "refused", at=NOW)
        waits.append((certificate.next_look() - NOW).total_seconds() / 60)

    assert waits == [1, 10, 60, 360, 360]
    assert certificate is not None
    assert (certificate.state_at(NOW), certificate.failure) == ("valid", "refused")
    again = after_look(certificate, shown(90 * DAY, 90 * DAY), at=NOW)
    assert (again.failure, again.failures) == (None, 0)


def test_without_a_certificate_a_look_says_why() -> None:
    assert after_look(None, "refused", at=NOW).state_at(NOW) == "missing"
    assert after_look(None, "edge_unreachable", at=NOW).state_at(NOW) == "unchecked"


def test_a_merchant_who_asks_again_and_again_gets_a_look_a_minute() -> None:
    known = after_look(None, "refused", at=NOW)
    assert look_on_request(None, at=NOW) == NOW
    assert look_on_request(known, at=NOW + timedelta(seconds=5)) == NOW + timedelta(minutes=1)
    assert look_on_request(known, at=NOW + DAY) == NOW + DAY


def test_a_certificate_covers_its_names_and_one_label() -> None:
    presented = Presented(("pay.shop.de", "*.brand.de"), "Authority", NOW, NOW)

    assert [presented.covers(name) for name in ("pay.shop.de", "pay.brand.de", "brand.de", "a.b.brand.de")] == [
        True,
        True,
        False,
        False,
    ]
