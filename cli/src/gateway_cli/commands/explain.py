"""``gateway explain``: why a payment stands as it does."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import click

from gateway_cli.merchants_api import MerchantsApi, api_options
from gateway_cli.output import json_option, moment, write_json, write_table
from gateway_cli.running import run

_MARKS: Final[Mapping[str, str]] = {"done": "done", "waiting": "WAITS", "failed": "FAILED"}


@click.command(short_help="Say why a payment failed, with everything that happened to it.")
@click.argument("subject_id", metavar="ID")
@json_option
@api_options
def explain(api: MerchantsApi, subject_id: str, as_json: bool) -> None:
    """Say why a payment failed, and everything that happened to its order as a tree of causes.

    ID is that of a transaction, a checkout, an event, or a request (X-Request-ID). The command asks the API with a key
    of the organization: GATEWAY_API and GATEWAY_KEY. Needs the scope transaction:read.
    """
    from admin_api.explanations.domain.subject import is_subject_id

    if not is_subject_id(subject_id):
        raise click.UsageError("An id has at most 128 letters, digits, and . _ : - behind the first one.")
    answer = run(api.ask("GET", f"/explanations/{subject_id}"))
    if as_json:
        write_json(answer)
        return
    steps = answer["steps"]
    _write_reasons([step for step in steps if step["isReason"]])
    click.echo()
    _write_tree(steps)
    if answer["unavailable"]:
        click.echo(f"Not known now, because their service does not answer: {', '.join(answer['unavailable'])}.")
    if not answer["isComplete"]:
        click.echo("Some steps are left out, because there are too many.")


def _write_reasons(reasons: Sequence[Mapping[str, Any]]) -> None:
    if not reasons:
        click.echo("Nothing failed.")
        return
    in_time = sorted(reasons, key=_at)
    write_table(("time", "why"), [(_at(step), step["text"]) for step in in_time])


def _write_tree(steps: Sequence[Mapping[str, Any]]) -> None:
    """Each step below its cause, with the time since the beginning."""
    from admin_api.shared.domain.durations import duration_text

    begun = min(map(_at, steps))
    rows = []
    for step in steps:
        after = duration_text((_at(step) - begun) // timedelta(milliseconds=1))
        took = "" if step["durationMs"] is None else duration_text(step["durationMs"])
        lost = " (its cause is not stored any more)" if step["causeLost"] else ""
        mark = _MARKS.get(step["outcome"], step["outcome"])
        rows.append((f"+{after}", took, mark, f"{'  ' * step['depth']}{step['text']}{lost}"))
    click.echo(f"Since {moment(begun)}:")
    write_table(("after", "took", "state", "what happened"), rows)


def _at(step: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(step["at"])
