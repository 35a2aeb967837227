"""Bodies of requests to bare ASGI applications."""

from gateway_kit.http.asgi import ClientGone, Receive


async def read_body(receive: Receive) -> bytes:
    """The whole body of a request to a bare ASGI application.

    Raises:
        ClientGone: the connection ended first; what came so far is never a body.
    """
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)
