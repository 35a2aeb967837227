"""Walks of the documentation fail where the page is not true."""

from pathlib import Path
from typing import Any

import pytest

from gateway_testkit.walk import Shell, Step, section_of, steps_in

PAGE = """# Page

## One

1. First:

   ```sh
   echo '{"id": "7", "list": [{"a": 1}, {"a": 2, "b": "x"}]}'
   ```

   ```json
   {"id": "$ID", "list": [{"a": 2, "b": "$B"}]}
   ```

2. Then

   ```sh
   cat <<EOF
   {"id": "$ID", "b": "$B"}
   EOF
   ```

## Two

```json
{}
```
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    return path


async def test_values_of_an_answer_are_used_by_later_commands(page: Path) -> None:
    first, then = steps_in(section_of(page, "## One"))
    shell = Shell({})

    await shell.take(first)

    assert await shell.take(then) == {"id": "7", "b": "x"}


@pytest.mark.parametrize(
    ("shown", "given"),
    [
        ({"a": 1}, '{"a": 2}'),
        ({"a": None}, '{"a": 2}'),
        ({"a": "$A"}, '{"a": null}'),
        ({"a": "$A"}, '{"b": 1}'),
        ({"a": []}, '{"a": [1]}'),
        ({"a": [{"b": 1}]}, '{"a": [{"b": 2}]}'),
        ({"a": "$KNOWN"}, '{"a": "other"}'),
        ({"a": {"b": 1}}, '{"a": [1]}'),
    ],
)
async def test_another_answer_than_the_page_shows_fails(shown: Any, given: str) -> None:
    with pytest.raises(AssertionError):
        await Shell({"KNOWN": "this"}).take(Step(f"echo '{given}'", shown))


async def test_a_command_that_fails_fails() -> None:
    with pytest.raises(AssertionError):
        await Shell({}).take(Step("echo {}; false"))


def test_a_page_that_cannot_be_read_fails(page: Path) -> None:
    with pytest.raises(ValueError, match="no heading"):
        section_of(page, "## Three")
    with pytest.raises(ValueError, match="without its command"):
        steps_in(section_of(page, "## Two"))
