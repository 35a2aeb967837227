"""Static files under names that change with their content, so that browsers keep them without asking."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from starlette.responses import Response

_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_KEPT: Final = {"Cache-Control": "public, max-age=31536000, immutable"}


def static_files(folder: Path) -> dict[str, Path]:
    """Files of a folder by name, of the types that pages use."""
    return {path.name: path for path in sorted(folder.iterdir()) if path.suffix in _MEDIA_TYPES}


class Assets:
    """Static files below one path; read once.

    Args:
        path: without a slash at its end.
        files: by the name that templates use.
    """

    def __init__(self, path: str, files: Mapping[str, Path]) -> None:
        self._addresses: dict[str, str] = {}
        self._files: dict[str, tuple[bytes, str]] = {}
        for name, file in files.items():
            data, stem, suffix = file.read_bytes(), Path(name).stem, Path(name).suffix
            public = f"{stem}.{hashlib.sha256(data).hexdigest()[:12]}{suffix}"
            self._addresses[name] = f"{path}/{public}"
            self._files[public] = (data, _MEDIA_TYPES[suffix])

    def address(self, name: str) -> str:
        """The path of a file.

        Raises:
            KeyError: there is no such file.
        """
        return self._addresses[name]

    def response(self, public_name: str) -> Response | None:
        """The file with that public name."""
        found = self._files.get(public_name)
        return None if found is None else Response(found[0], media_type=found[1], headers=_KEPT)
