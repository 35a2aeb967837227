import pytest

from gateway_contracts.access import ACCESS, access_of
from gateway_contracts.topology import CONSUMERS, PUBLIC_STREAMS, STREAMS
from gateway_kit.nats.permissions import (
    NATS_USERS,
    password_variable,
    permissions_of,
    render_authorization,
    topology_permissions,
)

SERVICES = [entry.service for entry in ACCESS]


def test_the_rights_of_the_invoice_service_are_these() -> None:
    rights = permissions_of("svc-invoice")
    assert rights.responds
    assert rights.subscribe == ("_INBOX_svc-invoice.>", "rpc.invoice.*")
    consumers = ("invoice-on-transaction-succeeded", "invoice-on-refunds", "invoice-on-disputes")
    assert [s for s in rights.publish if not s.startswith(("$JS.API", "$JS.FC"))] == [
        "invoice.*.*.*",
        "credit_note.*.*.*",
        "rpc.admin.report_reencryption",
        "rpc.transaction.create_checkout",
        "rpc.transaction.get_checkout",
        "rpc.transaction.get_transaction",
        "trace.*",
        *(subject for name in consumers for subject in (f"$JS.ACK.TRANSACTIONS.{name}.>", f"dead.TRANSACTIONS.{name}")),
        "$JS.ACK.ADVISORIES.invoice-on-advisories.>",
        "dead.ADVISORIES.invoice-on-advisories",
        "dead.*.svc-invoice",
        "$O.documents.C.>",
        "$O.documents.M.>",
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_uses_only_its_own_consumers(service: str) -> None:
    publish = permissions_of(service).publish
    for spec in CONSUMERS:
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{spec.stream}.{spec.durable}"
        assert (subject in publish) == (spec.service == service)


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_manages_event_streams(service: str) -> None:
    for subject in permissions_of(service).publish:
        assert not subject.startswith(("$JS.API.STREAM.CREATE", "$JS.API.STREAM.UPDATE", "$JS.API.STREAM.DELETE"))
        if "CONSUMER.CREATE" in subject or "PURGE" in subject:
            assert any(bucket in subject for bucket in ("KV_config", "KV_limits", "OBJ_documents"))


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_hears_another_inbox_or_every_subject(service: str) -> None:
    rights = permissions_of(service)
    assert ">" not in rights.publish
    assert [s for s in rights.subscribe if s.startswith("_INBOX")] == [f"_INBOX_{service}.>"]


def test_one_service_reads_what_it_does_not_consume_and_has_no_right_on_consumers() -> None:
    assert {entry.service for entry in ACCESS if entry.reads} == {"svc-admin-api"}
    public = ("TRANSACTIONS", "INVOICES", "IPN", "DOMAINS", "NOTIFICATIONS", "TENANCY")
    assert access_of("svc-admin-api").reads == (*public, "TRACES")
    publish = permissions_of("svc-admin-api").publish
    for name in (*PUBLIC_STREAMS, "TRACES"):
        own = {f"$JS.API.{request}.{name}" for request in ("STREAM.INFO", "STREAM.MSG.GET", "DIRECT.GET")}
        assert own <= set(publish)
        others = [subject for subject in publish if name in subject.split(".") and subject not in own]
        assert all("admin-on-" in subject or ".CONSUMER.INFO." in subject for subject in others), others


def test_one_service_reads_and_removes_dead_letters_and_sees_numbers_of_the_rest() -> None:
    assert {entry.service for entry in ACCESS if entry.operates} == {"svc-admin-api"}
    publish = set(permissions_of("svc-admin-api").publish)
    assert {f"$JS.API.STREAM.MSG.{verb}.DEAD_LETTERS" for verb in ("GET", "DELETE")} <= publish
    assert {f"$JS.API.STREAM.INFO.{spec.name}" for spec in STREAMS} <= publish
    assert {f"$JS.API.CONSUMER.INFO.{spec.stream}.{spec.durable}" for spec in CONSUMERS} <= publish
    for service in SERVICES:
        deleting = [one for one in permissions_of(service).publish if ".MSG.DELETE." in one]
        assert deleting == (["$JS.API.STREAM.MSG.DELETE.DEAD_LETTERS"] if service == "svc-admin-api" else [])


@pytest.mark.parametrize("stream", ["PROVIDER_EVENTS"])
def test_what_is_not_public_is_not_read(stream: str) -> None:
    assert not [one for one in permissions_of("svc-admin-api").publish if one.endswith(f"GET.{stream}")]


def test_the_edge_asks_only_public_methods_and_answers_nothing() -> None:
    rights = permissions_of("svc-checkout-api")
    asked = [subject for subject in rights.publish if subject.startswith("rpc.")]
    assert asked
    assert all(subject.split(".")[2].startswith("public_") for subject in asked)
    assert not rights.responds


def test_only_two_services_write_configuration() -> None:
    writers = {s for s in SERVICES if any(p.startswith("$KV.config.") for p in permissions_of(s).publish)}
    assert writers == {"svc-admin-api", "svc-domains"}


def test_instances_share_limits_with_their_own_service_only() -> None:
    rights = permissions_of("svc-checkout-api")
    assert [s for s in rights.publish if s.startswith("$KV.")] == ["$KV.limits.svc-checkout-api.>"]
    assert "$KV.limits.svc-checkout-api.>" in rights.subscribe
    assert not [s for s in SERVICES if s.startswith("svc-t") and "limits" in str(permissions_of(s))]


def test_the_topology_job_neither_reads_nor_writes_events() -> None:
    rights = topology_permissions()
    assert rights.publish == ("$JS.API.>",)
    assert rights.subscribe == ("_INBOX_topology.>",)


def test_every_user_has_its_own_password() -> None:
    text = render_authorization(lambda user: f"${password_variable(user)}")
    for user in NATS_USERS:
        assert f'user: "{user}", password: ${password_variable(user)}' in text
    assert text.count("{") == text.count("}")
