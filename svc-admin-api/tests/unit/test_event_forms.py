"""The public form of events, the subjects that are read, and cursors that nothing else opens."""

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from events_world import (
    EXAMPLES,
    KEY,
    ORGANIZATION,
    OTHER,
    PUBLISHED,
    READER,
    START,
    an_event,
    example_of,
)
from hypothesis import given
from hypothesis import strategies as st

from admin_api.events.adapters.cursors import SealedCursors
from admin_api.events.domain.place import Place, Position, read_place
from admin_api.events.domain.public_event import read_event
from admin_api.events.domain.query import STREAM_OF, TYPE_FILTERS, EventFilters, EventQuery
from admin_api.events.web.schemas.events import EventView
from gateway_contracts.errors import Unreadable
from gateway_contracts.events.registry import EVENTS
from gateway_contracts.topology import PUBLIC_STREAMS

NUMBERS = st.integers(0, 2**63 - 1)
PLACES = st.builds(
    Place,
    st.dictionaries(st.sampled_from(PUBLIC_STREAMS), st.builds(Position, NUMBERS, NUMBERS)),
    st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)).map(  # noqa: DTZ001  # hypothesis wants bounds without
        lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
    ),
)


@given(PLACES)
def test_a_place_survives_its_text_and_its_cursor(place: Place) -> None:
    cursors = SealedCursors(KEY)

    cursor = cursors.write(place, READER)

    assert read_place(place.text()) == place
    assert cursors.read(cursor, READER) == place
    assert len(cursor) <= 500


@given(PLACES, st.integers(0, 10_000), st.permutations("ABCDabcd0123-_"))
def test_a_changed_cursor_is_refused(place: Place, number: int, letters: list[str]) -> None:
    """Draw nothing that depends on the cursor, which is another each time."""
    cursors = SealedCursors(KEY)
    cursor = cursors.write(place, READER)
    index = number % (len(cursor) - 1)
    letter = next(one for one in letters if one != cursor[index])

    with pytest.raises(Unreadable) as refused:
        cursors.read(cursor[:index] + letter + cursor[index + 1 :], READER)
    assert refused.value.code == "CURSOR_INVALID"


@given(st.text(max_size=200))
def test_any_other_text_is_refused(text: str) -> None:
    assert read_place(text) is None or read_place(text).text() == text
    with pytest.raises(Unreadable):
        SealedCursors(KEY).read(text, READER)


@pytest.mark.parametrize("changes", [{"organization_id": OTHER}, {"livemode": True}])
def test_a_cursor_belongs_to_one_organization_and_mode(changes: dict[str, Any]) -> None:
    cursors = SealedCursors(KEY)
    cursor = cursors.write(Place({}, START), READER)

    with pytest.raises(Unreadable):
        cursors.read(cursor, READER.model_copy(update=changes))
    with pytest.raises(Unreadable):
        SealedCursors(secrets.token_hex(32)).read(cursor, READER)


def _ciphertexts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if set(value) == {"v", "p", "c"}:
            yield value["c"]
        for inner in value.values():
            yield from _ciphertexts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _ciphertexts(inner)


@pytest.mark.parametrize("event_type", PUBLISHED)
def test_the_public_form_has_no_ciphertext_and_nothing_internal(event_type: str) -> None:
    example = example_of(event_type)
    schema = json.loads((EXAMPLES.parent / f"schemas/{event_type}.json").read_text())
    [data] = [shape for name, shape in schema["$defs"].items() if name == EVENTS[event_type].__name__]
    encrypted = {name for name, shape in data["properties"].items() if "EncryptedValue" in json.dumps(shape)}

    shown = EventView.of(read_event(json.dumps(example).encode()))
    text = shown.wire_json().decode()

    hidden = encrypted | {"clientSearchHash", "objectName"}
    assert set(example["data"]) - set(shown.data) == hidden & set(example["data"])
    assert not any(ciphertext in text for ciphertext in _ciphertexts(example))
    assert (shown.id, shown.type, shown.entity_id) == (example["id"], event_type, example["entityId"])
    assert shown.site_id == example["data"].get("siteId")
    assert "traceparent" not in text


def test_a_field_or_a_type_of_a_later_version_is_not_shown() -> None:
    event = an_event(data={**example_of("ipn.delivered.v1")["data"], "secretOfTomorrow": "x"})
    unknown = an_event(type="ipn.invented.v9")

    assert "secretOfTomorrow" not in read_event(json.dumps(event).encode()).data
    assert read_event(json.dumps(unknown).encode()).data == {}


@given(st.lists(st.sampled_from(sorted(TYPE_FILTERS)), max_size=4), st.sampled_from(PUBLIC_STREAMS))
def test_subjects_are_those_of_the_organization(types: list[str], stream: str) -> None:
    subject = EventQuery(READER, EventFilters(tuple(types))).subject(stream)

    asked = {kind for kind in types if STREAM_OF[kind.partition(".")[0]] == stream}
    if types and not asked:
        assert subject is None
        return
    tokens = subject.split(".")
    assert tokens[3:] == [ORGANIZATION]
    assert ">" not in tokens


@pytest.mark.parametrize("organization_id", ["", "*", ">", "65a5*", f"{OTHER}.{ORGANIZATION}"])
def test_no_subject_without_an_organization(organization_id: str) -> None:
    actor = READER.model_copy(update={"organization_id": organization_id})

    with pytest.raises(ValueError, match="organization"):
        EventQuery(actor).subject("IPN")
