"""Files as answers: whole, in part, not at all."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from fastapi.responses import Response

from gateway_kit.http.files import PIECE_BYTES, ConditionsIn, file_answer

DATA = bytes(range(256)) * 4 * 257
ETAG = '"abc"'
SIZE = len(DATA)


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.state.loads = 0

    async def load() -> bytes:
        app.state.loads += 1
        return DATA

    @app.head("/file")
    @app.get("/file")
    async def answer(conditions: ConditionsIn) -> Response:
        return await file_answer(
            conditions, load, sha256="abc", media_type="application/pdf", disposition='attachment; filename="f.pdf"'
        )

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://files") as client:
        client.app = app  # type: ignore[attr-defined]
        yield client


async def test_the_whole_file_comes_in_pieces(client: httpx.AsyncClient) -> None:
    async with client.stream("GET", "/file") as answer:
        content = b"".join([piece async for piece in answer.aiter_bytes()])

    assert SIZE > PIECE_BYTES
    assert (answer.status_code, content) == (200, DATA)
    assert answer.headers["content-length"] == str(SIZE)
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"] == ETAG


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=100-", 100, SIZE - 1),
        ("bytes=-7", SIZE - 7, SIZE - 1),
        (f"bytes=5-{SIZE * 2}", 5, SIZE - 1),
        (f"bytes=-{SIZE * 2}", 0, SIZE - 1),
        (f"bytes={PIECE_BYTES - 1}-{PIECE_BYTES}", PIECE_BYTES - 1, PIECE_BYTES),
    ],
)
async def test_a_part_is_206(client: httpx.AsyncClient, asked: str, first: int, last: int) -> None:
    answer = await client.get("/file", headers={"Range": asked})

    assert (answer.status_code, answer.content) == (206, DATA[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{SIZE}"
    assert answer.headers["content-length"] == str(last - first + 1)


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE + 5}-{SIZE + 9}", "bytes=-0"])
async def test_no_such_part_is_416(client: httpx.AsyncClient, asked: str) -> None:
    answer = await client.get("/file", headers={"Range": asked})

    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["content-range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "asked", ["bytes=9-3", "bytes=-", "bytes=a-b", "lines=0-1", "bytes=0-1,5-6", "bytes=\u0661-\u0662"]
)
async def test_what_is_no_single_range_is_answered_whole(client: httpx.AsyncClient, asked: str) -> None:
    answer = await client.get("/file", headers=[(b"range", asked.encode())])

    assert (answer.status_code, len(answer.content)) == (200, SIZE)


@pytest.mark.parametrize(("tag", "status"), [(ETAG, 206), ('"old"', 200), ("Tue, 01 Dec 2026 00:00:00 GMT", 200)])
async def test_a_range_of_another_version_is_answered_whole(client: httpx.AsyncClient, tag: str, status: int) -> None:
    answer = await client.get("/file", headers={"Range": "bytes=0-4", "If-Range": tag})

    assert answer.status_code == status


@pytest.mark.parametrize("tags", [ETAG, f'"x", {ETAG}', f"W/{ETAG}", "*"])
async def test_a_known_version_is_304_and_not_read(client: httpx.AsyncClient, tags: str) -> None:
    answer = await client.get("/file", headers={"If-None-Match": tags, "Range": "bytes=0-4"})

    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", ETAG)
    assert client.app.state.loads == 0  # type: ignore[attr-defined]


async def test_head_has_the_headers_of_the_whole(client: httpx.AsyncClient) -> None:
    answer = await client.head("/file", headers={"Range": "bytes=0-4"})

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(SIZE)
    assert answer.headers["content-type"] == "application/pdf"
    assert (await client.head("/file", headers={"If-None-Match": ETAG})).status_code == 304
