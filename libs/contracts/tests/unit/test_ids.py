"""Ids have their form, never repeat, and sort by time where they promise to."""

from uuid import UUID

from gateway_contracts.ids import is_object_id, new_event_id, new_object_id, new_session_public_id, new_short_code


def test_object_ids_are_24_hex_unique_and_ascending() -> None:
    ids = [new_object_id() for _ in range(10_000)]
    assert all(is_object_id(identifier) for identifier in ids)
    assert len(set(ids)) == len(ids)


def test_event_ids_are_uuids_of_version_7() -> None:
    identifier = UUID(new_event_id())
    assert identifier.version == 7
    assert identifier.variant == "specified in RFC 4122"


def test_names_of_sessions_cannot_be_guessed() -> None:
    assert len(new_session_public_id()) == 3 + 32
    codes = {new_short_code() for _ in range(10_000)}
    assert len(codes) == 10_000
    assert all(len(code) == 10 and code.isalnum() for code in codes)


def test_other_text_is_no_object_id() -> None:
    for text in ("", "abc", "A" * 24, "g" * 24, "0" * 25, "../../etc/passwd........"):
        assert not is_object_id(text)
