from datetime import UTC, datetime

import pytest

from domains.domain.dns import DnsAnswer, Verdict, judge
from domains.domain.domain import Domain
from gateway_contracts.config import DomainState
from gateway_contracts.domain_problems import problem_text

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
TARGET = "pay.gateway.example"
DOMAIN = Domain(
    id="65a50000000000000000000d",
    organization_id="65a500000000000000000001",
    site_id="65a5000000000000000000aa",
    name="pay.shop.de",
    state="pending",
    version=3,
    created_at=NOW,
)
RIGHT = Verdict(is_right=True)
WRONG = Verdict(False, "other_target", {"name": "pay.shop.de", "target": TARGET, "found": "old.example"})
SILENT = Verdict(False, "dns_silent", {"name": "pay.shop.de"}, is_final=False)


@pytest.mark.parametrize(
    ("before", "verdict", "after"),
    [
        ("pending", RIGHT, "active"),
        ("pending", WRONG, "pending"),
        ("pending", SILENT, "pending"),
        ("active", RIGHT, "active"),
        ("active", WRONG, "failing"),
        ("active", SILENT, "active"),
        ("failing", RIGHT, "active"),
        ("failing", WRONG, "failing"),
        ("failing", SILENT, "failing"),
    ],
)
def test_states_after_a_check(before: DomainState, verdict: Verdict, after: DomainState) -> None:
    # A sentence of an earlier version goes with the first check.
    checked = DOMAIN.changed(state=before, problem="points elsewhere").checked(verdict, at=NOW)

    assert checked.state == after
    # The store counts versions: see test_use_cases.
    assert (checked.checked_at, checked.version) == (NOW, 3)
    assert (checked.problem, checked.problem_code, checked.problem_values) == (None, verdict.problem, verdict.values)


def test_a_suspended_domain_says_why() -> None:
    suspended = DOMAIN.changed(problem="points elsewhere", problem_values={"found": "x"}).suspended()
    assert (suspended.state, suspended.problem, suspended.problem_code) == ("suspended", None, "site_deleted")
    assert suspended.problem_values == {}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (DnsAnswer("unknown_name"), "does not exist in DNS yet"),
        (DnsAnswer("found"), "has no CNAME record"),
        (DnsAnswer("found", addresses=("192.0.2.7",)), "address record (192.0.2.7)"),
        (DnsAnswer("found", ("old.host.example",)), "points to old.host.example instead of pay.gateway.example"),
        (DnsAnswer("looping", ("a.shop.de",)), "in a circle"),
        (DnsAnswer("unanswered"), "did not answer in time"),
    ],
)
def test_every_failure_is_explained(answer: DnsAnswer, words: str) -> None:
    verdict = judge(answer, name="pay.shop.de", target=TARGET)

    assert not verdict.is_right
    assert verdict.problem is not None
    assert words in problem_text(verdict.problem, verdict.values)
    assert verdict.is_final is (answer.outcome != "unanswered")


@pytest.mark.parametrize("aliases", [(TARGET,), ("alias.shop.de", TARGET), (TARGET, "lb.host.example")])
def test_an_alias_of_an_alias_counts(aliases: tuple[str, ...]) -> None:
    assert judge(DnsAnswer("found", aliases), name="pay.shop.de", target=TARGET).is_right


def test_a_silent_server_behind_a_right_alias_does_not_matter() -> None:
    assert judge(DnsAnswer("unanswered", (TARGET,)), name="pay.shop.de", target=TARGET).is_right
