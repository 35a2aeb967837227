"""A walk of our documentation, executed as a reader would: its shell commands, and the answers that it shows.

An answer in the page is shortened: an object names some of the fields, a list some of the entries. A text ``$NAME``
there stands for any value, which later commands use under that name.
"""

import asyncio
import json
import os
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway_testkit.waiting import eventually

_BLOCK = re.compile(r"^( *)```(sh|json)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_VARIABLE = re.compile(r"\$([A-Z][A-Z_]*)")
# What only looks may be asked again until its answer is the one that the page shows.
_LOOKS = re.compile(r'^gateway (GET |POST "/providers/\$PROVIDER_ID/test")')
COMMAND_TIMEOUT_S = 120


@dataclass(frozen=True)
class Step:
    """A command and the answer that the page shows for it; None where it shows none."""

    command: str
    answer: Any = None

    @property
    def only_looks(self) -> bool:
        """Whether it may be repeated."""
        return bool(_LOOKS.match(self.command))


def section_of(page: Path, heading: str) -> str:
    """The text below a heading, up to the next one of its level or above.

    Raises:
        ValueError: no such heading.
    """
    level = len(heading) - len(heading.lstrip("#"))
    _, found, rest = page.read_text().partition(f"\n{heading}\n")
    if not found:
        raise ValueError(f"{page.name} has no heading {heading}")
    return re.split(rf"^#{{1,{level}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def steps_in(text: str) -> list[Step]:
    """The commands of a part of a page, in its order.

    Raises:
        ValueError: an answer without a command.
    """
    steps: list[Step] = []
    for _, kind, block in _BLOCK.findall(text):
        content = textwrap.dedent(block)
        if kind == "sh":
            steps.append(Step(content))
        elif not steps or steps[-1].answer is not None:
            raise ValueError(f"an answer without its command: {content}")
        else:
            steps[-1] = Step(steps[-1].command, json.loads(content))
    return steps


@dataclass
class Shell:
    """Where the commands run.

    Attributes:
        variables: what the reader has set, and values from answers since.
        hosts: addresses that the page names, and what stands in for them here.
        prologue: functions that the page defines for all of its commands.
    """

    variables: dict[str, str]
    hosts: Mapping[str, str] = field(default_factory=dict)
    prologue: str = ""

    async def take(self, step: Step) -> Any:
        """Run a step until its answer is that of the page, once if it changes something; the answer.

        Raises:
            AssertionError: another answer, or a command that fails.
        """
        if not step.only_looks:
            return await self._once(step)
        return await eventually(lambda: self._once(step))

    async def _once(self, step: Step) -> Any:
        answer = await self._run(step.command)
        if step.answer is not None:
            differences = list(_differences(step.answer, answer, self.variables))
            assert not differences, f"{step.command}\nanswered {answer}\n{differences}"
            self.variables |= dict(_learned(step.answer, answer))
        return answer

    async def _run(self, command: str) -> Any:
        for there, here in self.hosts.items():
            command = command.replace(there, here)
        process = await asyncio.create_subprocess_exec(
            "bash",
            "-euo",
            "pipefail",
            "-c",
            f"{self.prologue}\n{command}",
            env={"PATH": os.environ["PATH"], **self.variables},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(COMMAND_TIMEOUT_S):
            output, errors = await process.communicate()
        assert process.returncode == 0, f"{command}\n{errors.decode()}"
        return json.loads(output)


def _differences(shown: Any, given: Any, known: Mapping[str, str], path: str = "") -> Iterator[str]:
    """Where the answer is not what the page shows."""
    if isinstance(shown, dict) and isinstance(given, dict):
        for name, value in shown.items():
            yield from _differences(value, given.get(name), known, f"{path}/{name}")
    elif isinstance(shown, list) and isinstance(given, list) and shown:
        for entry in shown:
            if all(list(_differences(entry, candidate, known)) for candidate in given):
                yield f"{path}: no entry is {entry}"
    elif isinstance(shown, str) and (name := _VARIABLE.fullmatch(shown)):
        expected = known.get(name[1])
        if given is None or expected not in (None, str(given)):
            yield f"{path}: {given} instead of {expected or 'a value'}"
    elif shown != given:
        yield f"{path}: {given} instead of {shown}"


def _learned(shown: Any, given: Any) -> Iterator[tuple[str, str]]:
    """Names and values of an answer that is as the page shows it."""
    if isinstance(shown, dict):
        for name, value in shown.items():
            yield from _learned(value, given[name])
    elif isinstance(shown, list):
        for entry in shown:
            yield from _learned(entry, next(item for item in given if not list(_differences(entry, item, {}))))
    elif isinstance(shown, str) and (name := _VARIABLE.fullmatch(shown)):
        yield name[1], str(given)
