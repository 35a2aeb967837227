"""The default templates: sources in ``sources/``, their texts by language in ``texts/``."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, get_args

from gateway_contracts.languages import Language
from gateway_contracts.notification_fields import Channel, NoticeKind
from notify.domain.kinds import MessageKind
from notify.domain.template import INSTALLED, Sources, TemplateKey

_SOURCES: Final = Path(__file__).parent / "sources"
TEXTS: Final = Path(__file__).parent / "texts"
_CONTENT: Final = "<!-- content -->\n"
_PART: Final = "\n---\n"


@cache
def default_sources(kind: MessageKind, channel: Channel) -> Sources:
    """The sources, the same for every language.

    A file has subject, text part, the content of the HTML part and, where other channels have it, one line for these;
    between them is a line of dashes.
    """
    parts = (_SOURCES / f"{kind}.txt").read_text().split(_PART)
    if channel != "email":
        return Sources(text=parts[3].strip())
    layout = (_SOURCES / "layout.html").read_text()
    return Sources(
        text=parts[1].strip() + "\n", subject=parts[0].strip(), html=layout.replace(_CONTENT, parts[2] + "\n")
    )


def default_keys() -> Iterator[TemplateKey]:
    """All default templates that organizations may replace. Members are invited, and settings tried, by mail alone."""
    for kind in get_args(NoticeKind):
        for channel in sorted(INSTALLED):
            if channel == "email" or kind not in ("member.invited", "settings.test"):
                for language in get_args(Language):
                    yield TemplateKey(kind, channel, language)
