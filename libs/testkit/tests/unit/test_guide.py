"""Examples of a page are compared with real answers, member by member."""

from pathlib import Path
from typing import Any

import pytest

from gateway_testkit.guide import Block, Guide, Operation, agree

ID, OTHER_ID = "65a500000000000000000001", "65a500000000000000000002"
PAGE = """# A page

Call `GET /things/{thingId}?x=y` or
`POST /api/v1/things/{thingId}/stop`.

```sh
curl -s "$API/api/v1/things/$THING?full=true" -H "Authorization: Bearer $KEY"
```

```json
{"id": "$THING", …}
```

```sh
curl -s "$API/api/v1/things" -d '{}'
```

Something else:

```json
{"other": 1}
```

| Step | Scope |
|---|---|
| 1 | `a:b` |
| 2 | `c:d` |

End.
"""


@pytest.fixture
def guide(tmp_path: Path) -> Guide:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    return Guide(page)


def test_a_page_has_commands_answers_tables_and_sentences(guide: Guide) -> None:
    first, second = guide.commands

    assert first.operation == Operation("GET", "/things/{}")
    assert first.answer is not None
    assert first.answer.json == {"id": "$THING", "…": "…"}
    assert second.operation == Operation("POST", "/things")
    assert second.answer is None
    assert guide.programs("json") == ['{"other": 1}\n']
    assert guide.table("Step", "Scope") == [["1", "`a:b`"], ["2", "`c:d`"]]
    assert guide.operations() == [Operation("GET", "/things/{}"), Operation("POST", "/things/{}/stop")]
    guide.says("Call `GET /things/{thingId}?x=y` or `POST /api/v1/things/{thingId}/stop`.")
    with pytest.raises(AssertionError, match="does not say"):
        guide.says("Call no one.")


@pytest.mark.parametrize(
    ("stated", "real"),
    [
        ('{"a": 1, "b": "x"}', {"a": 1, "b": "x"}),
        ('{"a": 1, …}', {"a": 1, "b": "x"}),
        ('{"rows": [{"a": 1, …}]}', {"rows": [{"a": 1}]}),
        ('{"rows": [1, …]}', {"rows": [1, 2, 3]}),
        ('{"name": "cs_…"}', {"name": "cs_abc"}),
        ('{"at": "2026-01-15T12:00:00.250Z"}', {"at": "2031-02-03T04:05:06.789Z"}),
        ('{"id": "$A", "of": "$B"}', {"id": ID, "of": OTHER_ID}),
        ('{"eventVersion": 4}', {"eventVersion": 5}),
    ],
)
def test_what_agrees(stated: str, real: Any) -> None:
    agree(Block("json", stated).json, real, {})


@pytest.mark.parametrize(
    ("stated", "real"),
    [
        ('{"a": 1}', {"a": 1, "b": "x"}),
        ('{"a": 1, "b": 2, …}', {"a": 1}),
        ('{"a": 1}', {"a": "1"}),
        ('{"a": 1}', {"a": True}),
        ('{"a": null}', {"a": 0}),
        ('{"a": []}', {"a": [1]}),
        ('{"name": "cs_…"}', {"name": "xs_abc"}),
        ('{"name": "cs_…"}', {"name": "cs_"}),
        ('{"at": "2026-01-15T12:00:00.250Z"}', {"at": "yesterday"}),
        ('{"id": "$A", "again": "$A"}', {"id": ID, "again": OTHER_ID}),
        ('{"id": "$A", "of": "$B"}', {"id": ID, "of": ID}),
        ('{"id": "$A"}', {"id": "no id"}),
        ('{"eventVersion": 4}', {"eventVersion": 0}),
    ],
)
def test_what_does_not(stated: str, real: Any) -> None:
    with pytest.raises(AssertionError):
        agree(Block("json", stated).json, real, {})
