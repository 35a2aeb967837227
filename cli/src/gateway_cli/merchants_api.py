"""The merchants' API, as commands ask it with a key of an organization."""

import contextlib
import functools
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from gateway_cli.installation import Installation, Misused
from gateway_cli.running import Failed

if TYPE_CHECKING:
    import httpx

DEADLINE_S: Final = 15.0
Query = Sequence[tuple[str, str]]


class Refused(Failed):
    """The API refused a request.

    Attributes:
        status: of the answer.
        body: the error's own fields; empty where the answer is none of the API.
        retry_after_s: the wait that the answer asks for.
    """

    def __init__(self, status: int, body: dict[str, Any], retry_after_s: float = 0.0) -> None:
        super().__init__(_sentence(status, body))
        self.status = status
        self.body = body
        self.retry_after_s = retry_after_s

    @property
    def code(self) -> str:
        """The stable code of the error."""
        return str(self.body.get("code", ""))


@dataclass(frozen=True)
class Connection:
    """Requests over one client."""

    http: "httpx.AsyncClient"

    async def ask(self, method: str, path: str, query: Query = ()) -> Any:
        """The object that the API answers.

        Raises:
            Refused: it refused; with the code and the request id of the answer.
        """
        answer = await self.http.request(method, path, params=list(query))
        body = _object_of(answer)
        if answer.is_success and body is not None:
            return body
        raise refusal(answer)


@dataclass(frozen=True)
class MerchantsApi:
    """Where the API is, and the key to ask it with.

    Attributes:
        origin: such as ``https://api.example.com``.
    """

    origin: str
    key: str = field(repr=False)

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[Connection]:
        """Requests with this key; each has a deadline."""
        import httpx

        head = {"authorization": f"Bearer {self.key}"}
        base = self.origin.rstrip("/") + "/api/v1"
        async with httpx.AsyncClient(base_url=base, headers=head, timeout=DEADLINE_S) as http:
            yield Connection(http)

    async def ask(self, method: str, path: str, query: Query = ()) -> Any:
        """One request.

        Raises:
            Refused: see `Connection.ask`.
        """
        async with self.connected() as connection:
            return await connection.ask(method, path, query)


def api_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the API as its first argument: from ``--api``, ``--key`` and ``--key-file``, else from the
    installation's variables."""

    @click.option("--api", metavar="URL", help="Origin of the API, such as https://api.example.com (GATEWAY_API).")
    @click.option("--key", metavar="KEY", help="API key of the organization (GATEWAY_KEY), better not typed here.")
    @click.option(
        "--key-file",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="File that holds the API key; keep it readable for you alone.",
    )
    @click.pass_context
    @functools.wraps(command)
    def with_api(
        context: click.Context,
        /,
        *arguments: Any,
        api: str | None,
        key: str | None,
        key_file: Path | None,
        **options: Any,
    ) -> Any:
        installation: Installation = context.obj()
        origin = api or installation.value("GATEWAY_API")
        secret = key or (_key_in(key_file) if key_file else installation.value("GATEWAY_KEY"))
        return command(MerchantsApi(origin, secret), *arguments, **options)

    return with_api


def refusal(answer: "httpx.Response") -> Refused:
    """The error of an answer whose body was read."""
    wait = answer.headers.get("retry-after", "")
    return Refused(answer.status_code, _object_of(answer) or {}, float(wait) if wait.isdecimal() else 0.0)


def _key_in(file: Path) -> str:
    try:
        found = file.read_text().strip()
    except (OSError, UnicodeError) as exc:
        raise Misused(f"{file} cannot be read ({type(exc).__name__}).") from exc
    if not found or not found.isascii() or len(found.split()) != 1:
        raise Misused(f"{file} has to hold an API key and nothing else.")
    return found


def _object_of(answer: "httpx.Response") -> dict[str, Any] | None:
    try:
        body = answer.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _sentence(status: int, body: dict[str, Any]) -> str:
    if "code" not in body:
        return f"The API answered {status} in a form that is not its own: is GATEWAY_API its origin?"
    return f"{status} {body['code']}: {body.get('error', '')} (request {body.get('requestId', 'unknown')})"
