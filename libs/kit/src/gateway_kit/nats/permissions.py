"""The NATS user of each service: what it may publish and hear, derived from the access and topology data.

The same lists become the configuration of the embedded stack's server and of the one in ``infra/nats/nats.conf``.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway_contracts.access import ACCESS, ServiceAccess, access_of
from gateway_contracts.collections import DATABASES
from gateway_contracts.topology import CONFIG_BUCKET, CONSUMERS, DOCUMENTS_BUCKET, LIMITS_BUCKET, STREAMS
from gateway_kit.set_aside import STREAM as DEAD_LETTERS

TOPOLOGY_USER: Final = "topology"
"""The job that creates streams, consumers and buckets; it sees no message."""
ADMIN_USER: Final = "admin"
"""Everything; for the operator's tools, given to no service."""
NATS_USERS: Final = (*(entry.service for entry in ACCESS), TOPOLOGY_USER, ADMIN_USER)

_CONFIG_STREAM: Final = f"KV_{CONFIG_BUCKET}"
_DOCUMENTS_STREAM: Final = f"OBJ_{DOCUMENTS_BUCKET}"
_READ_REQUESTS: Final = ("STREAM.INFO", "STREAM.MSG.GET", "DIRECT.GET")
"""Reading stored messages by sequence. Rights on consumers of a stream cannot be limited to a service's own ones."""
_RESPONSE_EXPIRY: Final = "30s"


@dataclass(frozen=True)
class NatsPermissions:
    """Subjects that one user may publish and subscribe to; ``responds``: it may answer a request, once, within 30 s."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]
    responds: bool = False


def permissions_of(service: str) -> NatsPermissions:
    """The rights of a service's user.

    Raises:
        KeyError: there is no such service.
    """
    access = access_of(service)
    publish = [*access.publishes, *access.calls, "trace.*", "$JS.API.INFO"]
    publish += [f"$JS.API.STREAM.INFO.{name}" for name in _streams_of(access)]
    publish += _consumer_rights(service)
    publish += [f"$JS.API.{request}.{name}" for name in access.reads for request in _READ_REQUESTS]
    if access.operates:
        publish += _operator_rights()
    if service in DATABASES:
        # Letters of rows that it sets aside.
        publish.append(f"dead.*.{service}")
    publish += _reader_rights(_CONFIG_STREAM)
    publish += [f"$KV.{CONFIG_BUCKET}.{pattern}" for pattern in access.config_writes]
    publish += _document_rights(access)
    subscribe = [f"{_inbox(service)}.>", *access.listens]
    if access.limits:
        # Its instances hear each other's puts as they pass, and read the bucket once, at start.
        publish += [*_reader_rights(f"KV_{LIMITS_BUCKET}"), f"$KV.{LIMITS_BUCKET}.{service}.>"]
        subscribe.append(f"$KV.{LIMITS_BUCKET}.{service}.>")
    if access.rpc_name is not None:
        subscribe.append(f"rpc.{access.rpc_name}.*")
    return NatsPermissions(_unique(publish), _unique(subscribe), responds=access.rpc_name is not None)


def topology_permissions() -> NatsPermissions:
    """The rights of the topology job: the JetStream API and nothing of what flows through it."""
    return NatsPermissions(("$JS.API.>",), (f"{_inbox(TOPOLOGY_USER)}.>",))


def render_authorization(password_of: Callable[[str], str]) -> str:
    """The ``authorization`` block of a server's configuration.

    ``password_of`` gives the text that stands for a user's password: a quoted string, or ``$VARIABLE``.
    """
    users = [_render_user(entry.service, password_of, permissions_of(entry.service)) for entry in ACCESS]
    users.append(_render_user(TOPOLOGY_USER, password_of, topology_permissions()))
    users.append(f"    {{ user: {json.dumps(ADMIN_USER)}, password: {password_of(ADMIN_USER)} }}")
    return "authorization {\n  timeout: 5\n  users: [\n" + "\n".join(users) + "\n  ]\n}\n"


def password_variable(user: str) -> str:
    """The environment variable that holds a user's password where the configuration is shared."""
    return "NATS_PASSWORD_" + user.upper().replace("-", "_")


def _inbox(user: str) -> str:
    return f"_INBOX_{user}"


def _streams_of(access: ServiceAccess) -> tuple[str, ...]:
    """The streams that it writes or reads: it verifies them at start."""
    owned = [spec.name for spec in STREAMS if spec.owner in (access.service, "*")]
    consumed = [spec.stream for spec in CONSUMERS if spec.service == access.service]
    return _unique(owned + consumed)


def _consumer_rights(service: str) -> list[str]:
    rights = []
    for spec in CONSUMERS:
        if spec.service == service:
            place = f"{spec.stream}.{spec.durable}"
            rights += [f"$JS.API.CONSUMER.INFO.{place}", f"$JS.API.CONSUMER.MSG.NEXT.{place}", f"$JS.ACK.{place}.>"]
            rights.append(spec.dead_subject)
            # Single messages that the server gave up.
            rights.append(f"$JS.API.STREAM.MSG.GET.{spec.stream}")
    return rights


def _operator_rights() -> list[str]:
    """State of streams and consumers, without messages; dead letters with the messages that they hold (ADR 0066)."""
    streams = [*(spec.name for spec in STREAMS), f"KV_{LIMITS_BUCKET}"]
    rights = [f"$JS.API.STREAM.INFO.{name}" for name in streams]
    rights += [f"$JS.API.CONSUMER.INFO.{spec.stream}.{spec.durable}" for spec in CONSUMERS]
    return [*rights, f"$JS.API.STREAM.MSG.GET.{DEAD_LETTERS}", f"$JS.API.STREAM.MSG.DELETE.{DEAD_LETTERS}"]


def _reader_rights(stream: str) -> list[str]:
    """Reading a bucket: its state, single entries, and ordered consumers for watching."""
    return [
        f"$JS.API.STREAM.INFO.{stream}",
        f"$JS.API.STREAM.MSG.GET.{stream}",
        f"$JS.API.DIRECT.GET.{stream}",
        f"$JS.API.DIRECT.GET.{stream}.>",
        f"$JS.API.CONSUMER.CREATE.{stream}",
        f"$JS.API.CONSUMER.CREATE.{stream}.>",
        f"$JS.API.CONSUMER.INFO.{stream}.>",
        f"$JS.API.CONSUMER.DELETE.{stream}.>",
        f"$JS.FC.{stream}.>",
    ]


def _document_rights(access: ServiceAccess) -> list[str]:
    if access.documents is None:
        return []
    # The client looks up by subject which stream holds an object's chunks.
    rights = [*_reader_rights(_DOCUMENTS_STREAM), "$JS.API.STREAM.NAMES"]
    if access.documents == "write":
        rights += [f"$O.{DOCUMENTS_BUCKET}.C.>", f"$O.{DOCUMENTS_BUCKET}.M.>"]
        rights.append(f"$JS.API.STREAM.PURGE.{_DOCUMENTS_STREAM}")
    return rights


def _render_user(name: str, password_of: Callable[[str], str], rights: NatsPermissions) -> str:
    lines = [f"    {{ user: {json.dumps(name)}, password: {password_of(name)}, permissions: {{"]
    lines += _render_list("publish", rights.publish)
    lines += _render_list("subscribe", rights.subscribe)
    if rights.responds:
        lines.append(f'        allow_responses: {{ max: 1, expires: "{_RESPONSE_EXPIRY}" }}')
    return "\n".join([*lines, "    }}"])


def _render_list(kind: str, subjects: tuple[str, ...]) -> list[str]:
    return [
        f"        {kind}: {{ allow: [",
        *(f"          {json.dumps(subject)}" for subject in subjects),
        "        ] }",
    ]


def _unique(items: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
