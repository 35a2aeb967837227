"""A message as a channel gets it."""

from dataclasses import dataclass, field
from typing import Final

from notify.domain.template import Sources

ATTACHMENT_BYTES_MAX: Final = 10 * 1024 * 1024
"""Of one mail. It grows by a third on its way, and few servers take more than that."""


@dataclass(frozen=True)
class Attachment:
    """A file. Its bytes are shown nowhere."""

    file_name: str
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Sender:
    """The sender that a mail names."""

    address: str
    name: str = ""
    reply_to: str | None = None


@dataclass(frozen=True)
class Outgoing:
    """One message to one recipient.

    Attributes:
        id: the same for every attempt of a round: of a mail it is in Message-ID.
        recipient: an address, a phone number or the URL of a channel.
        text: rendered, with subject and HTML where the channel has them.
    """

    id: str
    organization_id: str
    recipient: str = field(repr=False)
    text: Sources = field(repr=False)
    attachments: tuple[Attachment, ...] = ()
