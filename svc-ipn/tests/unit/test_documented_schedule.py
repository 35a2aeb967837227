"""The schedule of further attempts agrees with docs/integration.md."""

from datetime import UTC, datetime, timedelta

from gateway_contracts.requests.transaction import NUMERIC_STATUS
from gateway_testkit.guide import Guide
from gateway_testkit.stack import REPOSITORY
from ipn.domain.changes import IpnVersion, ipn_status_of
from ipn.domain.outcome import Outcome
from ipn.domain.schedule import JITTER, next_attempt_at
from ipn.settings import Settings

GUIDE = Guide(REPOSITORY / "docs" / "integration.md")
START = datetime(2026, 1, 31, tzinfo=UTC)


def further_attempts(ipn_version: IpnVersion) -> list[timedelta]:
    """How long after the first attempt each further one is made, when all fail at once."""
    found: list[timedelta] = []
    now = START
    while due := next_attempt_at(ipn_version=ipn_version, made=len(found) + 1, created_at=START, now=now):
        found.append(due - START)
        now = due
    return found


def test_version_2_is_tried_again_as_the_page_says() -> None:
    GUIDE.says(
        "Everything else is tried again, 8 times within 47 hours: after 5 seconds, 5 minutes, 30 minutes, 2 hours, "
        "5 hours, 10 hours, 14 hours (each 10 % more or less), and 47 hours after the first attempt."
    )
    attempts = further_attempts(2)
    waits = [later - sooner for sooner, later in zip([timedelta(0), *attempts], attempts, strict=False)]

    hours = [timedelta(hours=count) for count in (2, 5, 10, 14)]
    assert waits[:7] == [timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), *hours]
    assert (len(attempts), attempts[-1]) == (8, timedelta(hours=47))
    assert JITTER == 0.1


def test_version_1_is_tried_again_as_the_page_says() -> None:
    GUIDE.says("It is tried again 9 times within 76 hours.")
    attempts = further_attempts(1)

    assert len(attempts) == 9
    assert timedelta(hours=75) < attempts[-1] <= timedelta(hours=76)


def test_answers_count_as_the_page_says() -> None:
    GUIDE.says("Answer with any 2xx within 10 seconds", "410 ends it. Redirects are not followed.")
    verdicts = {
        status: Outcome(START, 1, status).verdict for status in (200, 202, 204, 301, 302, 400, 404, 410, 429, 500, 503)
    }

    assert {status for status, verdict in verdicts.items() if verdict == "delivered"} == {200, 202, 204}
    assert {status for status, verdict in verdicts.items() if verdict == "stop"} == {410}
    assert Settings.model_fields["ipn_timeout_s"].default == 10


def test_a_receiver_may_ask_for_a_longer_wait_and_not_for_a_shorter_one() -> None:
    GUIDE.says("`Retry-After` of a 429 or 503 makes the wait longer, never shorter.")

    def wait(retry_after: int) -> timedelta:
        due = next_attempt_at(
            ipn_version=2, made=1, created_at=START, now=START, retry_after=timedelta(seconds=retry_after)
        )
        assert due is not None
        return due - START

    assert (wait(1), wait(60)) == (timedelta(seconds=5), timedelta(seconds=60))


def test_the_numbers_stand_for_the_words_of_the_api() -> None:
    rows = GUIDE.table("`status`", "in the API", "meaning", "what to do")
    words = {int(number): word.strip("`") for number, word, *_ in rows if word.startswith("`") and word.endswith("`")}
    statuses = {ipn_status_of(f"transaction.{event}.v1") for event in ("submitted", "succeeded", "failed", "canceled")}

    assert {int(row[0]) for row in rows} == {-2, 0, 1, 2, 3, 4}
    assert words == {NUMERIC_STATUS[word]: word for word in words.values()}
    assert statuses <= words.keys()
