"""Kinds of values that several commands take."""

from datetime import datetime

import click


class Moment(click.ParamType[datetime]):
    """A moment with its time zone."""

    name = "moment"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment, or an error that shows an example."""
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            found = None
        if found is None or found.tzinfo is None:
            self.fail(f"{value!r} is no moment with its time zone, such as 2026-01-31T08:00:00Z", param, ctx)
        return found
