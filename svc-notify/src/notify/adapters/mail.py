"""A mail as bytes: text, HTML and attachments, with headers that nothing can add to."""

from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from notify.domain.outgoing import Outgoing, Sender

# Servers on the way rewrite bodies of eight bits, which would break a signature.
_POLICY: Final = SMTP.clone(cte_type="7bit")


class AddressRefused(Exception):
    """Mail has no form for this address. The text names no address."""


def mail_bytes(outgoing: Outgoing, sender: Sender, *, at: datetime) -> bytes:
    """The mail.

    Raises:
        AddressRefused: sender, recipient or Reply-To cannot stand in a header.
    """
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = _address(sender.address, sender.name)
    mail["To"] = _address(outgoing.recipient)
    if sender.reply_to:
        mail["Reply-To"] = _address(sender.reply_to)
    mail["Subject"] = outgoing.text.subject or ""
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{outgoing.id}@{ascii_address(sender.address).rpartition('@')[2]}>"
    # No automatic answer comes back.
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(outgoing.text.text)
    if outgoing.text.html is not None:
        mail.add_alternative(outgoing.text.html, subtype="html")
    for file in outgoing.attachments:
        kind, _, subtype = file.media_type.partition("/")
        mail.add_attachment(file.data, maintype=kind, subtype=subtype, filename=file.file_name)
    return mail.as_bytes()


def ascii_address(address: str) -> str:
    """The address as SMTP takes it from everybody: the domain in its IDNA form.

    Raises:
        AddressRefused: the part before the at sign has other characters, or the domain has no such form.
    """
    local, _, domain = address.rpartition("@")
    try:
        plain = f"{local.encode('ascii').decode()}@{domain.encode('idna').decode()}"
        Address(addr_spec=plain)
    except (UnicodeError, ValueError, IndexError, MessageError) as exc:
        raise AddressRefused("an address that mail has no form for") from exc
    return plain


def _address(address: str, name: str = "") -> Address:
    shown = " ".join("".join(char if char.isprintable() else " " for char in name).split())
    return Address(display_name=shown, addr_spec=ascii_address(address))
