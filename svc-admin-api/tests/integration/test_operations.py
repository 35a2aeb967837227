"""Endpoints and pages of operators; the installation answers from memory."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from admin_world import Api
from console_visits import Visits, member, operator, texts
from operations_world import AT, CONSUMER, MemoryInspector, MemoryLetters, a_letter, a_report

from gateway_contracts.config import DomainConfig
from gateway_contracts.requests.domains import (
    LIST_CERTIFICATES,
    CertificateRecord,
    DomainCertificate,
    DomainCertificates,
)
from gateway_contracts.requests.ipn import LIST_FAILING_TARGETS, FailingTarget, FailingTargets
from gateway_kit.health_report.finding import Finding
from gateway_kit.health_report.metrics import Metrics
from gateway_kit.health_report.processes import CHECK, Process, findings_of
from gateway_kit.health_report.thresholds import DEAD_LETTERS

pytestmark = pytest.mark.integration

READS = (
    "/operations/notifications",
    "/operations/report",
    "/operations/domains",
    "/operations/rotations",
    "/operations/dead-letters",
)
PAGES = ("/operations", "/operations/dead-letters", "/operations/dead-letters/7")
_FOLDED = re.compile(r'<details class="fold"( open)?>\s*<summary><h2>([^<]+)</h2>')
BULK = {"worker": CONSUMER}


def letters_of(api: Api) -> MemoryLetters:
    letters: MemoryLetters = api.deps.operations.letters
    return letters


async def entries(api: Api) -> list[dict[str, Any]]:
    answer = await api.ask("GET", "/system/audit?action=dead_letter.redrive", api.system_key)
    found: list[dict[str, Any]] = answer.json()["entries"]
    return found


async def test_the_report_has_sentences_and_the_numbers_behind_them(api: Api) -> None:
    answer = await api.ask("GET", "/operations/report", api.system_key)
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert report["status"] == "attention"
    attention = [finding["text"] for finding in report["findings"] if finding["state"] == "attention"]
    assert attention[0] == "svc-invoice does not answer at svc-invoice:9100 (ConnectError)."
    assert attention[1].startswith(f"{CONSUMER}: the number of messages that are not delivered yet is 4,000, above")
    first = report["processes"][0]
    assert (first["state"], first["memoryBytes"], first["eventLoopLagMs"]) == ("ok", 104_857_600, 12)
    assert report["processes"][1]["memoryBytes"] is None
    behind, idle = report["consumers"]
    assert (behind["state"], behind["pending"], behind["backlog"], behind["deadLetters"]) == ("attention", 4000, 2, 1)
    assert (idle["state"], idle["backlog"], idle["deadLetters"]) == ("ok", None, 0)
    waiting = next(each for each in report["measurements"] if each["check"] == "notifications_waiting")
    assert (waiting["state"], waiting["value"], waiting["limit"]) == ("attention", "1,200", "1,000")


async def test_keys_and_members_of_organizations_are_refused(api: Api) -> None:
    letters_of(api).stored.append(a_letter(7))
    organization_id = await api.organization()
    key = await api.key(organization_id, livemode=True)
    admin = await member(api, organization_id, "admin")
    for path in (*READS, "/operations/dead-letters/7"):
        answer = await api.ask("GET", path, key)
        assert (answer.status_code, answer.json()["code"]) == (403, "SYSTEM_KEY_REQUIRED"), path
    for path, body in (("/operations/dead-letters/redrive", BULK), ("/operations/dead-letters/7/redrive", {})):
        assert (await api.ask("POST", path, key, body)).status_code == 403
    for page in PAGES:
        assert (await admin.get(page)).status_code == 403
    for page in PAGES[1:]:
        redrive = page if page.endswith("letters") else f"{page}/redrive"
        assert (await admin.post(redrive, BULK)).status_code == 403
    assert 'href="/operations"' not in (await admin.get("/payments")).text
    assert letters_of(api).redriven == []
    assert await entries(api) == []


async def test_a_dead_letter_is_redriven_once_and_noted(api: Api) -> None:
    letters_of(api).stored.append(a_letter(7))
    detail = (await api.ask("GET", "/operations/dead-letters/7", api.system_key)).json()
    assert (detail["reason"], detail["body"]["data"]) == ("Conflict", {"email": {"ciphertext": "AbC"}})

    for _ in range(2):
        answer = await api.ask(
            "POST", "/operations/dead-letters/7/redrive", api.system_key, {}, idempotency_key="redrive-7"
        )
        assert answer.json() == {"number": 7, "outcome": "redriven"}

    assert letters_of(api).redriven == [7]
    [entry] = await entries(api)
    assert (entry["objectId"], entry["actorKind"]) == ("7", "system_key")
    assert entry["changes"]["worker"] == {"from": CONSUMER, "to": None}
    again = await api.ask("POST", "/operations/dead-letters/7/redrive", api.system_key, {})
    assert (again.status_code, again.json()["code"]) == (404, "DEAD_LETTER_NOT_FOUND")


async def test_a_bulk_redrive_goes_on_after_what_is_gone_and_ends_where_a_service_is_away(api: Api) -> None:
    letters = letters_of(api)
    letters.stored += [a_letter(1), a_letter(2), a_letter(3, reason="KeyError"), a_letter(4), a_letter(5)]
    letters.gone, letters.fails_after = {1}, 2
    body = {**BULK, "reason": "Conflict"}

    answer = (await api.ask("POST", "/operations/dead-letters/redrive", api.system_key, body)).json()

    outcomes = [(each["number"], each["outcome"]) for each in answer["redriven"]]
    assert outcomes == [(1, "gone"), (2, "redriven"), (4, "redriven")]
    assert (answer["hasMore"], answer["problemCode"]) == (True, "SERVICE_UNAVAILABLE")
    left = (await api.ask("GET", f"/operations/dead-letters?worker={CONSUMER}", api.system_key)).json()
    assert [letter["number"] for letter in left["deadLetters"]] == [1, 3, 5]


async def test_a_worker_that_does_not_exist_is_named(api: Api) -> None:
    for verb, path, body in (
        ("GET", "/operations/dead-letters?worker=x", None),
        ("POST", "/operations/dead-letters/redrive", {"worker": "x"}),
    ):
        answer = await api.ask(verb, path, api.system_key, body)
        assert (answer.status_code, answer.json()["details"][0]["field"]) == (422, "worker")


def a_domain(name: str, state: Any) -> DomainConfig:
    return DomainConfig(name=name, organization_id="a" * 24, site_id="b" * 24, version=1, state=state)


async def test_domains_that_get_no_certificate_come_first(api: Api) -> None:
    api.domains |= {
        "a.shop.example": a_domain("a.shop.example", "active"),
        "b.shop.example": a_domain("b.shop.example", "failing"),
    }
    listed = (await api.ask("GET", "/operations/domains", api.system_key)).json()
    assert [(each["name"], each["certificate"]) for each in listed["domains"]] == [
        ("b.shop.example", "refused"),
        ("a.shop.example", "allowed"),
    ]


def a_certificate(state: Any, **fields: Any) -> CertificateRecord:
    return CertificateRecord(state=state, checked_at=AT, **fields)


async def test_which_domain_has_no_certificate_is_answered_by_the_page(api: Api) -> None:
    names = ("a.shop.example", "b.shop.example", "c.shop.example", "d.shop.example")
    api.domains |= {name: a_domain(name, "active") for name in names}
    certificates = {
        "a.shop.example": a_certificate("valid", valid_until=AT + timedelta(days=60), issuer="Authority"),
        "b.shop.example": a_certificate("missing", failure="refused"),
        "c.shop.example": a_certificate("expiring", valid_until=AT + timedelta(days=9), issuer="Authority"),
    }
    found = tuple(DomainCertificate(name=name, certificate=certificates.get(name)) for name in names)
    api.owners.answers[LIST_CERTIFICATES.subject] = lambda _: DomainCertificates(domains=found, is_complete=True)

    listed = (await api.ask("GET", "/operations/domains", api.system_key)).json()
    page = texts(await (await operator(api)).get("/operations"))

    assert listed["certificatesKnown"]
    assert [each["name"][0] for each in listed["domains"]] == ["b", "c", "a", "d"]
    assert [each["presented"] and each["presented"]["state"] for each in listed["domains"]] == [
        "missing",
        "expiring",
        "valid",
        None,
    ]
    for text in ("No certificate", "had no certificate for this name and could not get one", "Ends soon", "Valid"):
        assert text in page
    assert "Feb 9, 2026" in page


async def test_domains_are_shown_while_their_service_is_away(api: Api) -> None:
    api.domains |= {"a.shop.example": a_domain("a.shop.example", "active")}

    listed = (await api.ask("GET", "/operations/domains", api.system_key)).json()

    assert (listed["certificatesKnown"], [each["name"] for each in listed["domains"]]) == (False, ["a.shop.example"])
    assert "(svc-domains)" in texts(await (await operator(api)).get("/operations"))


async def test_running_rotations_of_all_organizations_are_shown(api: Api) -> None:
    organization_id = await api.organization()
    body = {"mode": "full", "purposes": ["operational"]}
    started = await api.ask("POST", f"/organizations/{organization_id}/encryption/rotate", api.system_key, body)
    assert started.status_code == 202, started.text
    [shown] = (await api.ask("GET", "/operations/rotations", api.system_key)).json()["jobs"]
    assert (shown["organizationId"], shown["services"][0]["state"]) == (organization_id, "waiting")


async def test_shops_that_do_not_take_notifications_are_shown_and_a_service_that_is_away_hides_nothing(
    api: Api,
) -> None:
    visits = await operator(api)
    page = texts(await visits.get("/operations"))
    assert "Not available at the moment (svc-ipn)" in page
    assert "svc-invoice does not answer" in page

    target = FailingTarget(
        organization_id="a" * 24, host="shop.example", waiting=12, oldest_at=a_report().checked_at, http_status=502
    )
    found = FailingTargets(targets=(target,), is_complete=True)
    api.owners.answers[LIST_FAILING_TARGETS.subject] = lambda _: found
    page = texts(await visits.get("/operations"))
    assert "shop.example" in page
    assert "HTTP 502" in page


async def test_operators_see_the_state_and_redrive(api: Api) -> None:
    letters_of(api).stored += [a_letter(7), a_letter(9)]
    visits = await operator(api)

    page = await visits.get("/operations")
    assert page.status_code == 200
    assert "svc-invoice does not answer at svc-invoice:9100 (ConnectError)." in texts(page)
    assert f'href="/operations/dead-letters?worker={CONSUMER}"' in page.text

    listed = await visits.get(f"/operations/dead-letters?worker={CONSUMER}")
    assert 'href="/operations/dead-letters/7"' in listed.text
    assert "Redrive all of these" in listed.text
    detail = await visits.get("/operations/dead-letters/7")
    assert "evt_1" in detail.text
    answer = await visits.post("/operations/dead-letters/7/redrive", {"key": "one"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/operations/dead-letters?done=1")
    answer = await visits.post("/operations/dead-letters", {**BULK, "key": "two"})
    assert answer.headers["location"] == f"/operations/dead-letters?worker={CONSUMER}&done=1"
    assert letters_of(api).redriven == [7, 9]
    assert {entry["actorKind"] for entry in await entries(api)} == {"operator"}
    assert (await visits.get("/operations/dead-letters/7")).status_code == 404
    assert (await visits.get("/operations/dead-letters/x")).status_code == 404
    assert "No dead letters" in texts(await visits.get("/operations/dead-letters"))
    wrong = await visits.get("/operations/dead-letters?worker=x")
    assert wrong.status_code == 422


async def test_sentences_are_in_the_readers_language(api: Api) -> None:
    visits: Visits = await operator(api)
    await visits.select(language="de")
    page = texts(await visits.get("/operations"))
    assert "svc-invoice antwortet nicht unter svc-invoice:9100 (ConnectError)." in page
    assert f"{CONSUMER}: Zahl der noch nicht zugestellten Nachrichten: 4.000, mehr als 1.000" in page
    # In rows as in sentences; seconds are durations.
    for text in ("4.000", "1.200", "100 MiB", "12 ms", "1 h 6 min", "10 s", f"{CONSUMER} Unzustellbare Nachrichten: 1"):
        assert text in page, text
    assert "4,000" not in page


async def test_what_is_set_aside_has_the_same_number_in_sentences_and_rows(api: Api) -> None:
    """Also rows of services, which no consumer gave up, and with two processes that count the same rows."""
    counted = Metrics('# TYPE gateway_set_aside gauge\ngateway_set_aside{source="deliveries"} 2.0\n')
    alive = Finding(CHECK, "ok", "Alive.")
    processes = [Process("svc-ipn", f"svc-ipn:{port}", alive, counted) for port in (9100, 9101)]
    findings = [
        *(found for found in findings_of(processes, {}) if found.check == "set_aside" and found.state == "attention"),
        *DEAD_LETTERS.findings({"svc-ipn": 2.0}),
    ]
    inspector: MemoryInspector = api.deps.operations.inspector
    inspector.report = a_report(findings=findings, processes=processes, dead_letters={"svc-ipn": 2})

    report = (await api.ask("GET", "/operations/report", api.system_key)).json()
    page = await (await operator(api)).get("/operations")

    assert [(found["check"], found["value"]) for found in report["findings"]] == [("set_aside", 2), ("dead_letters", 2)]
    [row] = [each for each in report["measurements"] if each["check"] == "set_aside"]
    assert (row["place"], row["value"], report["setAside"]) == ("svc-ipn deliveries", "2", {"svc-ipn": 2})
    assert 'href="/operations/dead-letters?worker=svc-ipn"' in page.text
    assert "svc-ipn Dead letters: 2" in texts(page)


PAYMENT = "65f0c0ffee65f0c0ffee65f0"
ROW = {"source": "provider_calls", "consumer": "svc-transaction", "subject": "", "body": b"", "headers": {}}
EVENT = {"id": "x", "type": "transaction.failed.v1", "entityId": PAYMENT, "livemode": True, "data": {}}


@pytest.mark.parametrize(
    ("letter", "explained"),
    [
        ({"body": json.dumps(EVENT).encode()}, PAYMENT),
        ({"body": json.dumps({**EVENT, "type": "x.v1", "data": {"transactionId": PAYMENT}}).encode()}, PAYMENT),
        ({"source": "PROVIDER_EVENTS", "body": b"", "headers": {"Gw-Event-Id": "5f" * 16}}, "5f" * 16),
        ({**ROW, "reference": "op_1"}, "op_1"),
        ({**ROW, "source": "parked_events", "reference": f"{'5f' * 16}:0"}, f"{'5f' * 16}%3A0"),
        ({**ROW, "source": "backlog", "reference": "1"}, None),
        ({"body": b'{"data": 1, "type": "<b>"}'}, None),
    ],
)
async def test_a_dead_letter_leads_to_its_payment_and_says_what_went_wrong(
    api: Api, letter: dict[str, Any], explained: str | None
) -> None:
    organization_id = await api.organization()
    letters_of(api).stored.append(a_letter(7, organization_id=organization_id, **letter))
    visits = await operator(api)
    elsewhere = await visits.get("/operations/dead-letters/7")
    await visits.select(organization=organization_id)

    page = await visits.get("/operations/dead-letters/7")

    assert ("belongs to another organization" in texts(elsewhere)) is (explained is not None)
    assert (f'href="/why/{explained}"' in page.text) is (explained is not None)
    assert 'href="/why/' not in elsewhere.text
    assert "It does not fit the state of its object." in texts(page)


async def test_a_dead_letter_of_the_other_mode_says_so(api: Api) -> None:
    organization_id = await api.organization()
    test_event = json.dumps({**EVENT, "livemode": False}).encode()
    letters_of(api).stored.append(a_letter(7, organization_id=organization_id, body=test_event))
    visits = await operator(api)
    await visits.select(organization=organization_id)
    assert "This payment is one of test mode. Switch to test" in texts(await visits.get("/operations/dead-letters/7"))
    await visits.select(mode="test")
    assert f'href="/why/{PAYMENT}"' in (await visits.get("/operations/dead-letters/7")).text


async def test_sections_that_are_well_are_folded(api: Api) -> None:
    visits = await operator(api)
    page = await visits.get("/operations")
    assert {title: is_open for is_open, title in _FOLDED.findall(page.text)} == {
        "Processes": " open",
        "Consumers": " open",
        "Queues and measured values": " open",
    }
    inspector: MemoryInspector = api.deps.operations.inspector
    alive = Process(
        "svc-ipn",
        "svc-ipn:1",
        Finding(CHECK, "ok", "Alive."),
        Metrics("# TYPE gateway_ipn_waiting gauge\ngateway_ipn_waiting 1.0\n"),
    )
    idle = [state for state in inspector.report.consumers if not state.pending]
    inspector.report = a_report(findings=[], processes=[alive], consumers=idle, dead_letters={})
    page = await visits.get("/operations")
    assert {is_open for is_open, _ in _FOLDED.findall(page.text)} == {""}


async def test_an_installation_that_is_well_says_so(api: Api) -> None:
    well = a_report(findings=[Finding("a", "ok", "A is well.")], processes=[], consumers=[], dead_letters={})
    inspector: MemoryInspector = api.deps.operations.inspector
    inspector.report = well
    page = texts(await (await operator(api)).get("/operations"))
    assert "All is well." in page
    assert "No addresses are configured" in page
