"""Answers of the API that are passed on to the browser while they come, such as server-sent events.

httpx collects the whole answer of an application before it returns; a stream has no end. So the application is called
as it is: it gets the request that the console makes, and the browser's own connection to answer on.
"""

from typing import Any

import httpx
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class PassedOn(Response):
    """The answer of an application to a request, with the cookies that this response has by itself."""

    def __init__(self, application: ASGIApp, request: httpx.Request, client: Any) -> None:
        super().__init__()
        self._application = application
        self._request = request
        self._client = client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer on the connection of the browser, and notice when that is gone."""
        cookies = [header for header in self.raw_headers if header[0] == b"set-cookie"]

        async def pass_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *cookies]}
            await send(message)

        url = self._request.url
        inner: dict[str, Any] = {
            "type": "http",
            "asgi": scope["asgi"],
            "http_version": scope["http_version"],
            "method": self._request.method,
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.partition(b"?")[0],
            "query_string": url.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in self._request.headers.raw],
            "server": (url.host, url.port),
            "client": self._client,
        }
        await self._application(inner, receive, pass_on)
