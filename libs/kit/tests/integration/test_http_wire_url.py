"""The merchant's URL is called as it was given."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from gateway_kit.crypto.errors import KmsUnreachable
from gateway_kit.crypto.kms import DekPlace
from gateway_kit.crypto.kms_access import KmsAccess
from gateway_kit.crypto.kms_vault import VaultTransit
from gateway_kit.http.outbound import ForbiddenTarget, OutboundClient, OutboundLimits, check_target
from gateway_kit.http.wire_url import wire_url

UNCHANGED = [
    "/ipn?next=application%2Fgzip&email=a%40b.example",
    "/ipn?next=application/gzip&email=a@b.example",
    "/ipn?sig=a+b%2Bc%20d%3D%3d&token=%7Eabc~%2e",
    "/a%2Fb/%63/c%2f?x=1",
    "/a/../b/./c//d",
    "/a;v=1,2/(b)'c'!*$&=:@",
    "/?x=%C3%BC&y=%FF%00",
    "/?a=1&a=2&&=&b",
    '/?q=[1]{2}|3^4`5"6<7>8\\9',
    "/?return=https://shop.example/x?y=1",
    "/%",
    "/100%?x=5%&y=%zz",
]


@pytest_asyncio.fixture
async def lines() -> AsyncIterator[Any]:
    """Request lines that a server gets, and its URL."""
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        seen.append(head.partition(b"\r\n")[0])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield seen, f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    await server.wait_closed()


@pytest_asyncio.fixture
async def client() -> AsyncIterator[OutboundClient]:
    client = OutboundClient(allow_private=True, limits=OutboundLimits(total_s=60, connect_s=60, read_s=60))
    yield client
    await client.aclose()


@pytest.mark.parametrize("target", UNCHANGED)
async def test_path_and_query_go_out_as_they_are(client: OutboundClient, lines: Any, target: str) -> None:
    seen, host = lines
    await client.post(f"http://{host}{target}", b"{}", {})

    assert seen == [b"POST " + target.encode() + b" HTTP/1.1"]


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("", "/"),
        ("?x=%2F", "/?x=%2F"),
        ("/a?x=%2F#%2F", "/a?x=%2F"),
        ("#part", "/"),
        # What cannot stand in a request line.
        ("/ü?x=ö%2F", "/%C3%BC?x=%C3%B6%2F"),
        ("/a b?c d", "/a%20b?c%20d"),
    ],
)
async def test_what_has_no_form_on_the_wire_gets_one(
    client: OutboundClient, lines: Any, written: str, sent: str
) -> None:
    seen, host = lines
    await client.post(f"http://{host}{written}", b"{}", {})

    assert seen == [b"POST " + sent.encode() + b" HTTP/1.1"]


async def test_no_line_of_its_own_can_be_written(client: OutboundClient, lines: Any) -> None:
    seen, host = lines
    await client.post(f"http://{host}/a\r\nX-Evil: 1\r\n\r\n", b"{}", {})

    assert seen == [b"POST /a%0D%0AX-Evil:%201%0D%0A%0D%0A HTTP/1.1"]


@pytest.mark.parametrize(
    ("text", "authority"),
    [
        ("https://SHOP.example/x?y=%2F", "shop.example"),
        ("https://münchen.example:8443/%2F", "xn--mnchen-3ya.example:8443"),
        ("https://us%40er:p@shop.example/", "us%40er:p@shop.example"),
        ("https://[2001:db8::1]:444/%2F", "[2001:db8::1]:444"),
    ],
)
def test_the_authority_is_what_was_checked(text: str, authority: str) -> None:
    assert wire_url(text).raw_authority == authority


async def test_the_address_of_a_key_service_is_called_as_it_is(client: OutboundClient, lines: Any) -> None:
    seen, host = lines
    access = KmsAccess("pay@shop", f"http://{host}/eu%40west/a%2Fb", {"mount": "transit"}, {"token": "t"})
    with pytest.raises(KmsUnreachable):  # the answer says nothing
        await VaultTransit(access, client).wrap(b"x", DekPlace("organization", "o", "operational", 1))

    assert seen == [b"POST /eu%40west/a%2Fb/v1/transit/encrypt/pay%40shop HTTP/1.1"]


def test_a_fragment_is_seen_by_those_who_refuse_it() -> None:
    assert check_target("https://keys.example/v1#part").fragment == "part"


@pytest.mark.parametrize(
    "text",
    ["https://a.example@127.0.0.1/", "https://127.0.0.1?@a.example/", "https://127.0.0.1#@a.example/", "https://[::1]/%2F"],
)  # fmt: skip
def test_a_closed_address_is_not_hidden_by_the_path(text: str) -> None:
    with pytest.raises(ForbiddenTarget):
        check_target(text)
