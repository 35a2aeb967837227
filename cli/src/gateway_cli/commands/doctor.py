"""``gateway doctor``."""

from typing import Final

import click

from gateway_cli.installation import Installation, installation_option
from gateway_cli.output import counted, json_option, write_json
from gateway_cli.running import run
from gateway_kit.health_report.finding import Finding, State, overall

_MARKS: Final[dict[State, tuple[str, str]]] = {
    "ok": ("ok", "green"),
    "attention": ("ATTENTION", "red"),
    "unknown": ("UNKNOWN", "yellow"),
}
EXIT_CODES: Final[dict[State, int]] = {"ok": 0, "attention": 1, "unknown": 2}
_WIDTH: Final = max(len(mark) for mark, _ in _MARKS.values())


@click.command()
@json_option
@installation_option
def doctor(installation: Installation, as_json: bool) -> None:
    """Check the installation and say what needs attention.

    Processes (alive, ready, and their metrics: age of the outbox, rows set aside, backlog, notifications and
    documents that wait), bus (version, streams and consumers as declared, lag, dead letters, storage, memory) and
    database (version, disk, memory). The thresholds are listed in docs/operating.md. A part that does not answer hides
    no other one. Changes nothing.

    Exit codes: 0 all is well; 1 something needs attention; 2 something could not be checked, and all else is well.
    """
    from gateway_cli.doctor.report import examine

    findings = run(examine(installation))
    state = overall(findings)
    if as_json:
        write_json({"status": state, "findings": [_fields(finding) for finding in findings]})
    else:
        for finding in findings:
            _write(finding)
        click.echo(_summary(findings))
    click.get_current_context().exit(EXIT_CODES[state])


def _fields(finding: Finding) -> dict[str, object]:
    names = ("check", "state", "text", "value", "limit")
    return {name: getattr(finding, name) for name in names}


def _write(finding: Finding) -> None:
    mark, colour = _MARKS[finding.state]
    # Removed again where the output is no terminal.
    click.echo(f"{click.style(mark.ljust(_WIDTH), fg=colour)}  {finding.text}")


def _summary(findings: list[Finding]) -> str:
    attention = sum(finding.state == "attention" for finding in findings)
    unknown = sum(finding.state == "unknown" for finding in findings)
    if not attention and not unknown:
        return f"All is well: {counted(len(findings), 'check', 'checks')}."
    parts = [f"{counted(attention, 'finding needs', 'findings need')} attention"] if attention else []
    parts += [f"{counted(unknown, 'check', 'checks')} could not be made"] if unknown else []
    return ", ".join(parts) + "."
