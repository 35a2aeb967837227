"""Filters of events, as options of commands and as parameters of the API."""

import functools
from collections.abc import Callable
from typing import Any

import click

from gateway_cli.merchants_api import Query


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--type``, ``--site`` and ``--entity`` as the argument ``filters``: parameters of the API."""

    @click.option(
        "--type",
        "types",
        multiple=True,
        metavar="TYPE",
        help="A type such as invoice.issued.v1, or a family such as 'transaction.*'; repeatable.",
    )
    @click.option("--site", metavar="ID", help="Only events that name this site.")
    @click.option("--entity", metavar="ID", help="Only events of the object with this id.")
    @functools.wraps(command)
    def with_filters(
        *arguments: Any, types: tuple[str, ...], site: str | None, entity: str | None, **options: Any
    ) -> Any:
        given = {"siteId": site, "entityId": entity}
        filters: Query = [("type", kind) for kind in types] + [(name, text) for name, text in given.items() if text]
        return command(*arguments, filters=filters, **options)

    return with_filters
