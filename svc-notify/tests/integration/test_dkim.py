"""Signatures of mail that arrived, checked with the public key that DNS answers."""

import asyncio
import base64
from collections.abc import AsyncIterator

import dkim
import dns.resolver
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import serialization
from mail_server import MailServer, running_mail_server
from nats.aio.client import Client
from notify_office import Office, Tenant, running_office

from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.notify import GET_SETTINGS, PUT_SETTINGS, SEND_TEST, PutSettings, SendTest
from gateway_contracts.rpc import Empty
from gateway_testkit.dns_server import DnsServer, dns_server
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.servers import NatsServer
from gateway_testkit.waiting import eventually
from notify.adapters.dkim_keys import new_pair
from notify.domain.signing import record_of

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

PAIR = new_pair()
DER = base64.b64encode(
    serialization.load_pem_private_key(PAIR.private_key.encode(), password=None).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
).decode()


@pytest_asyncio.fixture
async def office(topology: NatsServer, database: TestDatabase, nats_client: Client) -> AsyncIterator[Office]:
    signing = {"notify_dkim_selector": "gw1", "notify_dkim_key": DER}
    async with running_office(topology, database, nats_client, **signing) as office, office.serving():
        yield office


@pytest_asyncio.fixture
async def names() -> AsyncIterator[DnsServer]:
    async with dns_server() as server:
        yield server


async def is_valid(raw: bytes, names: DnsServer) -> bool:
    """The verdict of a receiver that asks this server."""
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], names.port

    def public_key(name: bytes, timeout: int = 5) -> bytes | None:
        try:
            [record] = resolver.resolve(name.decode(), "TXT")
        except dns.resolver.NXDOMAIN:
            return None
        return b"".join(record.strings)

    return bool(await asyncio.to_thread(dkim.verify, raw, dnsfunc=public_key))


async def mail_of(tenant: Tenant, server: MailServer) -> bytes:
    """The next mail of this tenant as it arrived."""
    count = len(server.raw)
    await tenant.ask(SEND_TEST, SendTest(notification_id=new_object_id(), to="jane@example.com"))
    await eventually(lambda: len(server.raw) > count)
    return server.raw[-1]


async def test_mail_of_an_organization_is_signed_by_its_domain(office: Office, names: DnsServer) -> None:
    tenant = await office.open_tenant("Bücher & Söhne")
    async with running_mail_server() as server:
        own = PutSettings(
            smtp_host="127.0.0.1",
            smtp_port=server.port,
            smtp_security="none",
            sender_address="billing@shop.example",
            dkim_selector="mail1",
            locale="de",
        )
        made = await tenant.ask(PUT_SETTINGS, own)
        assert made.dkim_record_name == "mail1._domainkey.shop.example"
        raw = await mail_of(tenant, server)

        assert not await is_valid(raw, names), "nothing is published yet"
        names.txt[made.dkim_record_name] = made.dkim_record
        assert await is_valid(raw, names)
        assert not await is_valid(raw.replace(b"Subject: ", b"Subject: Re: ", 1), names)
        assert not await is_valid(b"From: thief@evil.example\r\n" + raw, names)
        assert all(byte < 128 for byte in raw), "no server on the way has to rewrite it"

        # The key stays while selector and domain do, and is another one for another selector.
        again = await tenant.ask(PUT_SETTINGS, own.model_copy(update={"reply_to": "office@shop.example"}))
        assert again.dkim_record == made.dkim_record
        other = await tenant.ask(PUT_SETTINGS, own.model_copy(update={"dkim_selector": "mail2"}))
        assert other.dkim_record != made.dkim_record
        assert not await is_valid(await mail_of(tenant, server), names)
        names.txt["mail2._domainkey.shop.example"] = other.dkim_record
        assert await is_valid(await mail_of(tenant, server), names)
        assert (await tenant.ask(GET_SETTINGS, Empty(), livemode=True)).dkim_record is None


async def test_mail_by_the_installations_server_is_signed_by_its_domain(office: Office, names: DnsServer) -> None:
    tenant = await office.open_tenant()
    raw = await mail_of(tenant, office.mail)
    names.txt["gw1._domainkey.gateway.example"] = record_of(PAIR.public_key)
    assert await is_valid(raw, names)
    assert b"d=gateway.example" in raw
