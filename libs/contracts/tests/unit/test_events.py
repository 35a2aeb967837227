"""Every event: a committed schema, an example that fits it, an owner who may publish it."""

import fnmatch
import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest

from gateway_contracts.access import access_of
from gateway_contracts.envelope import Envelope
from gateway_contracts.events.registry import EVENTS, OWNERS
from gateway_contracts.topology import EVENT_CONSUMERS, STREAMS, stream

ROOT = Path(__file__).resolve().parents[4]
EXAMPLES = sorted((ROOT / "libs/contracts/examples").glob("*/*.json"))


def load_generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gen_schemas", ROOT / "tools/gen_schemas.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generator = load_generator()


def read(event_type: str, text: dict[str, Any]) -> Envelope[Any]:
    data_class = EVENTS[event_type]
    return Envelope[data_class].model_validate(text)  # type: ignore[valid-type]  # the class is data here


def matches(pattern: str, subject: str) -> bool:
    return len(pattern.split(".")) == len(subject.split(".")) and fnmatch.fnmatch(subject, pattern)


def test_committed_schemas_are_those_of_the_code() -> None:
    assert generator.outdated() == [], "run `make schemas`"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_example_fits_its_schema_and_its_class(path: Path) -> None:
    example: dict[str, Any] = json.loads(path.read_text())
    schema = json.loads((ROOT / f"libs/contracts/schemas/{path.parent.name}.json").read_text())

    jsonschema.validate(example, schema)
    event = read(path.parent.name, example)
    assert event.type == path.parent.name
    assert event.source == OWNERS[event.type]


@pytest.mark.parametrize("event_type", EVENTS)
def test_event_has_an_example_an_owner_and_a_stream(event_type: str) -> None:
    subject = f"{event_type}.{'a' * 24}"

    assert any(path.parent.name == event_type for path in EXAMPLES)
    assert re.fullmatch(r"[a-z_]+\.[a-z_]+\.v\d+", event_type)
    streams = [spec for spec in STREAMS if any(matches(pattern, subject) for pattern in spec.subjects)]
    assert [spec.owner for spec in streams] == [OWNERS[event_type]]
    assert any(matches(pattern, subject) for pattern in access_of(OWNERS[event_type]).publishes)


@pytest.mark.parametrize("spec", EVENT_CONSUMERS, ids=lambda spec: spec.durable)
def test_a_consumer_matches_an_event_and_gives_up_late(spec: Any) -> None:
    known = [*(f"{event}.{'a' * 24}" for event in EVENTS), f"provider.event_received.v1.{'a' * 24}"]

    assert any(matches(spec.filter_subject, subject) for subject in known)
    assert stream(spec.stream)
    assert spec.max_deliver > len(spec.retry_schedule_s)
    assert access_of(spec.service)


def test_an_unknown_field_is_no_problem_for_a_reader() -> None:
    example = json.loads(EXAMPLES[0].read_text())
    example["data"]["addedLater"] = {"nested": 1}
    read(example["type"], example)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda schema: schema["properties"].pop("sequence"), ".sequence: gone"),
        (lambda schema: schema["properties"]["sequence"].update(type="string"), ".sequence: type changed"),
        (lambda schema: schema["required"].remove("sequence"), "no longer always present"),
    ],
)
def test_a_breaking_change_is_named(change: Any, complaint: str) -> None:
    old, new = generator.schema_of("invoice.issued.v1"), generator.schema_of("invoice.issued.v1")
    change(new)
    assert any(complaint in problem for problem in generator.breaking_changes(old, new))


def test_an_added_field_is_no_breaking_change() -> None:
    old, new = generator.schema_of("invoice.issued.v1"), generator.schema_of("invoice.issued.v1")
    new["properties"]["addedLater"] = {"type": "string"}
    assert generator.breaking_changes(old, new) == []
