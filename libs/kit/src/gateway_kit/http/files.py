"""Files as answers: entity tags, ranges and HEAD as RFC 9110 has them.

A file is decrypted and verified as a whole before its first byte leaves: what was changed in the store is never sent,
not even in part. Then it is streamed in pieces.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Request
from fastapi.responses import Response, StreamingResponse

PIECE_BYTES: Final = 64 * 1024
_HEADER_CHARACTERS_MAX: Final = 1_000
_RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")

ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    206: {"description": "The part that Range asks for."},
    304: {"description": "The caller's copy is the present document."},
    416: {"description": "The document has no such part."},
}
"""Answers besides 200, for the API's description."""


@dataclass(frozen=True)
class Conditions:
    """Conditions of a request for a file; ``asked`` is its Range."""

    is_head: bool = False
    if_none_match: str | None = None
    asked: str | None = None
    if_range: str | None = None

    def has(self, etag: str) -> bool:
        """Whether the caller has this version. Weak and strong tags compare alike (RFC 9110, 13.1.2)."""
        known = [part.strip().removeprefix("W/") for part in (self.if_none_match or "").split(",")]
        return etag in known or known == ["*"]

    def part_of(self, size: int, etag: str) -> range | None:
        """The one range that is asked for; None for the whole file, also where the header is to be ignored.

        Raises:
            Unsatisfiable: the file has no such part.
        """
        found = _RANGE.fullmatch(self.asked or "")
        # A tag that is not the file's own, or a date, asks for the whole file.
        if found is None or self.is_head or (self.if_range is not None and self.if_range != etag):
            return None
        first, last = found.groups()
        if not first and not last:
            return None
        if first and last and int(last) < int(first):
            return None
        begin = int(first) if first else max(size - int(last), 0)
        end = min(int(last) + 1, size) if first and last else size
        if begin >= end:
            raise Unsatisfiable
        return range(begin, end)


class Unsatisfiable(Exception):
    """The file has no such part."""


def _conditions(
    request: Request,
    if_none_match: Annotated[
        str | None,
        Header(max_length=_HEADER_CHARACTERS_MAX, description="ETag of your copy: 304 if the document is the same."),
    ] = None,
    asked: Annotated[
        str | None,
        Header(
            alias="Range",
            max_length=_HEADER_CHARACTERS_MAX,
            description="One part of the document, such as bytes=0-1023: 206.",
        ),
    ] = None,
    if_range: Annotated[
        str | None,
        Header(
            max_length=_HEADER_CHARACTERS_MAX, description="ETag: Range counts only if the document still has this one."
        ),
    ] = None,
) -> Conditions:
    return Conditions(request.method == "HEAD", if_none_match, asked, if_range)


ConditionsIn = Annotated[Conditions, Depends(_conditions)]


async def file_answer(
    conditions: Conditions,
    load: Callable[[], Awaitable[bytes]],
    *,
    sha256: str,
    media_type: str,
    disposition: str,
    more: dict[str, str] | None = None,
) -> Response:
    """The file, the part that is asked for, or why there is nothing to send.

    Args:
        load: reads the whole file; not called where the caller has it.
        sha256: of the file's bytes, the strong entity tag.
        more: further headers.
    """
    etag = f'"{sha256}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Accept-Ranges": "bytes", **(more or {})}
    if conditions.has(etag):
        return Response(status_code=304, headers=headers)
    data = await load()
    try:
        part = conditions.part_of(len(data), etag)
    except Unsatisfiable:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{len(data)}"})
    sent = part or range(len(data))
    if part is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(data)}"
    headers |= {"Content-Disposition": disposition, "Content-Length": str(len(sent))}
    if conditions.is_head:
        return Response(headers=headers, media_type=media_type)
    pieces = _pieces(data, sent)
    return StreamingResponse(pieces, 200 if part is None else 206, headers=headers, media_type=media_type)


async def _pieces(data: bytes, sent: range) -> AsyncIterator[bytes]:
    view = memoryview(data)
    for begin in range(sent.start, sent.stop, PIECE_BYTES):
        yield bytes(view[begin : min(begin + PIECE_BYTES, sent.stop)])
