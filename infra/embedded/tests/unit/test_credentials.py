import stat
from pathlib import Path

from gateway_contracts.collections import DATABASES
from gateway_embedded.credentials import load_credentials
from gateway_embedded.layout import Layout, read_json, write_json
from gateway_kit.nats.permissions import NATS_USERS


def test_secrets_are_made_once_and_are_the_owners_alone(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "run")
    layout.prepare()
    first = load_credentials(layout)
    assert load_credentials(layout) == first
    assert stat.S_IMODE(layout.secrets.stat().st_mode) == 0o600
    assert stat.S_IMODE(layout.run.stat().st_mode) == 0o700
    passwords = [first.mongodb_root, *first.mongodb.values(), *first.nats.values()]
    assert len(set(passwords)) == len(passwords)
    assert set(first.nats) == set(NATS_USERS)
    assert set(DATABASES) < set(first.mongodb)
    assert first.mongodb_root not in repr(first)


def test_a_new_user_gets_a_password_and_the_others_keep_theirs(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "run")
    layout.prepare()
    first = load_credentials(layout)
    kept = read_json(layout.secrets)
    del kept["nats"]["svc-ipn"]
    write_json(layout.secrets, kept)
    second = load_credentials(layout)
    assert second.nats["svc-ipn"] != first.nats["svc-ipn"]
    assert second.nats["svc-invoice"] == first.nats["svc-invoice"]
