"""A site's look, taken from settings that a merchant typed: nothing of it is trusted."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from checkout_api.domain.links import web_link

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_DEFAULT_COLOR = "#2f5d50"


@dataclass(frozen=True)
class Branding:
    """Colors that go together, and the logo.

    Attributes:
        primary: the merchant's color, or ours.
        on_primary: black or white, whichever is easier to read on it.
        logo_url: http or https only.
    """

    primary: str
    on_primary: str
    logo_url: str | None

    @classmethod
    def of(cls, settings: Mapping[str, str], *, is_https: bool) -> "Branding":
        """The branding that the settings allow; a plain http logo on an https page would be blocked and is left out."""
        color = settings.get("primaryColor", "")
        primary = color.lower() if _COLOR.fullmatch(color) else _DEFAULT_COLOR
        logo = web_link(settings.get("logo"))
        if logo is not None and is_https and not logo.startswith("https://"):
            logo = None
        return cls(primary, readable_on(primary), logo)


def readable_on(color: str) -> str:
    """Black or white, by WCAG contrast."""
    luminance = _luminance(color)
    return "#ffffff" if (1.05 / (luminance + 0.05)) >= ((luminance + 0.05) / 0.05) else "#000000"


def _luminance(color: str) -> float:
    channels = [int(color[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
