"""``gateway version``."""

import platform
from importlib.metadata import version as version_of

import click

from gateway_cli.output import json_option, write_json, write_table
from gateway_contracts.topology import CONSUMERS, MONGODB_VERSION_MIN, NATS_VERSION_MIN, STREAMS


@click.command(short_help="Show the version and what it needs.")
@json_option
def version(as_json: bool) -> None:
    """Show the version of this package, of what it declares, and of the servers that it needs.

    Asks no server. `gateway doctor` compares the installation with it.
    """
    from gateway_contracts.collections import COLLECTIONS
    from gateway_contracts.events.registry import OWNERS

    facts: dict[str, object] = {
        "version": version_of("gateway-cli"),
        "python": platform.python_version(),
        "natsAtLeast": _dotted(NATS_VERSION_MIN),
        "mongodbAtLeast": _dotted(MONGODB_VERSION_MIN),
        "eventTypes": len(OWNERS),
        "streams": len(STREAMS),
        "consumers": len(CONSUMERS),
        "collections": len(COLLECTIONS),
    }
    if as_json:
        write_json(facts)
        return
    names = {
        "version": "gateway",
        "python": "Python",
        "natsAtLeast": "needs NATS, at least",
        "mongodbAtLeast": "needs MongoDB, at least",
        "eventTypes": "types of events",
        "streams": "streams",
        "consumers": "consumers",
        "collections": "collections",
    }
    write_table(("what", "value"), [(names[name], value) for name, value in facts.items()])


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))
