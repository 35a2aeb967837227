"""Where the installation is."""

import json
from pathlib import Path

import pytest
from command_line import VARIABLES, invoke

from gateway_cli.installation import Misused, find_installation
from gateway_kit.health_report.addresses import without_credentials

SECRET = "only-for-this-test"
STACK = {
    "urls": {"adminApi": "http://127.0.0.1:15001"},
    "services": {"svc-ipn": "http://127.0.0.1:19104"},
    "nats": {"url": f"nats://admin:{SECRET}@127.0.0.1:14222", "monitor": "http://127.0.0.1:18222"},
    "mongodb": {"uri": f"mongodb://root:{SECRET}@127.0.0.1:27117/"},
    "demo": {"apiKey": "sk_demo"},
}


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment without variables of an installation, in a folder without a stack."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def stack_at(file: Path) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(STACK))
    file.with_name("secrets.json").write_text(json.dumps({"system_encryption_key": "k", "nats": {"admin": SECRET}}))
    return file


def test_the_stack_of_the_folder_is_found(tmp_path: Path) -> None:
    stack_at(tmp_path / ".run" / "stack.json")

    found = find_installation(None)

    assert found.value("NATS_URL") == STACK["nats"]["url"]
    assert found.value("SYSTEM_ENCRYPTION_KEY") == "k"
    assert found.addresses()["svc-ipn"] == ["http://127.0.0.1:19104"]
    assert found.addresses()["svc-invoice"] == []
    assert SECRET not in repr(found)


def test_the_environment_comes_first_and_is_never_mixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stack_at(tmp_path / ".run" / "stack.json")
    monkeypatch.setenv("MONGODB_URI", "mongodb://elsewhere/")

    found = find_installation(None)

    assert found.value("MONGODB_URI") == "mongodb://elsewhere/"
    with pytest.raises(Misused, match="NATS_URL is not set in the environment"):
        found.value("NATS_URL")


def test_a_stack_that_is_named_comes_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONGODB_URI", "mongodb://elsewhere/")

    assert SECRET in find_installation(stack_at(tmp_path / "other.json")).value("MONGODB_URI")


@pytest.mark.parametrize(
    ("content", "text"), [(None, "cannot be read"), ("{", "no JSON document"), ("[]", "descriptor")]
)
def test_a_stack_file_that_cannot_be_used_is_named(tmp_path: Path, content: str | None, text: str) -> None:
    file = tmp_path / "named.json"
    if content is not None:
        file.write_text(content)

    result = invoke("--stack", str(file), "doctor")

    assert result.exit_code == 2
    assert "named.json" in result.stderr
    assert text in result.stderr


@pytest.mark.parametrize(
    ("arguments", "variable"),
    [
        (("dead-letters", "list"), "NATS_URL"),
        (("dead-letters", "show", "1"), "NATS_URL"),
        (("invoices", "verify"), "MONGODB_URI"),
        (("ledger", "verify"), "MONGODB_URI"),
        (("audit", "verify"), "SYSTEM_ENCRYPTION_KEY"),
        (("keys", "create-system"), "SYSTEM_ENCRYPTION_KEY"),
        (("operators", "invite"), "SYSTEM_ENCRYPTION_KEY"),
        (("operators", "rotate-session-key", "--yes"), "SYSTEM_ENCRYPTION_KEY"),
        (("republish", "2026-01-31T08:00:00Z", "--yes"), "SYSTEM_ENCRYPTION_KEY"),
        (("migrate",), "NATS_URL"),
        (("deliveries", "list", "a"), "GATEWAY_API"),
        (("deliveries", "resend", "a", "--api", "https://api.example.com"), "GATEWAY_KEY"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_missing_variable_is_a_sentence_with_its_name(arguments: tuple[str, ...], variable: str) -> None:
    result = invoke(*arguments)

    assert result.exit_code == 2
    assert f"Error: {variable} is not set in the environment." in result.stderr
    assert isinstance(result.exception, SystemExit)


def test_a_guessable_system_key_is_refused() -> None:
    result = invoke("audit", "verify", variables={"SYSTEM_ENCRYPTION_KEY": "00" * 32})

    assert (result.exit_code, "is a default or a pattern" in result.stderr) == (2, True)


@pytest.mark.parametrize("entry", ["svc-unknown=http://a", "svc-ipn", "svc-ipn=ftp://a"])
def test_addresses_of_processes_have_a_form(monkeypatch: pytest.MonkeyPatch, entry: str) -> None:
    monkeypatch.setenv("GATEWAY_SERVICES", entry)
    with pytest.raises(Misused, match="has entries such as"):
        find_installation(None).addresses()


def test_a_service_may_have_several_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_SERVICES", "svc-ipn=http://a:1/, svc-ipn=http://b:1")
    assert find_installation(None).addresses()["svc-ipn"] == ["http://a:1", "http://b:1"]


def test_credentials_are_never_shown() -> None:
    assert without_credentials(f"nats://admin:{SECRET}@127.0.0.1:14222") == "127.0.0.1:14222"
