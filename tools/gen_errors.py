"""Writes ``docs/errors.md``: every stable code, collected from the source, with the texts of ``error_texts.toml``.

``--check`` writes nothing and fails when the page is not that of the code, or when a code and its text do not match.
"""

import argparse
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from error_codes import CollectedCode, Collector, check_codes, draft_codes, failure_codes, production_trees

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "errors.md"
TEXTS = HERE / "error_texts.toml"
# Given as a value and not by an error: the form of the admin API, and the warnings of a checkout.
EXTRA = {"UNKNOWN_FIELD": CollectedCode({422}, {"svc-admin-api"})}

HEAD = """# Error codes

Made by `make errors` from the source and `tools/error_texts.toml`; a test keeps it current.

Every error has the form `{"error", "code", "requestId", "details"}`. `code` is stable. `error` and `message` are for
people and may change. `details` names the fields. `requestId` is also the header `X-Request-ID`. The text "Internal"
marks codes that callers do not receive: they appear in logs, dead letters and `failure` fields, or a service repeats
the work by itself. A client that does not know a code acts by its status: 429, 503 and answers with `Retry-After` are
repeated after that time with the same `Idempotency-Key`; other 4xx are final.

Where one mistake has several codes, they depend on the list or API that answers; the text says so.

| code | status | when | what to do | declared in |
|---|---|---|---|---|
"""

Texts = Mapping[str, tuple[str, str]]


def _simple(title: str, intro: str, codes: Iterable[str], texts: Texts) -> str:
    rows = [f"| `{code}` | {' | '.join(texts[code])} |" for code in sorted(codes)]
    return "\n".join([f"\n## {title}\n", intro, "\n| code | when | what to do |\n|---|---|---|", *rows]) + "\n"


class Catalogue:
    """All codes of the source beside their texts."""

    def __init__(self) -> None:
        trees = production_trees()
        self.errors = dict(sorted({**Collector(trees).collect(), **EXTRA}.items()))
        self.checks, self.failures, self.drafts = check_codes(trees), failure_codes(trees), draft_codes(trees)
        self.texts = tomllib.loads(TEXTS.read_text())

    def problems(self) -> list[str]:
        """Codes without a text, and texts without a code."""
        lines = []
        for section in ("errors", "checks", "failures", "drafts"):
            codes, texts = set(getattr(self, section)), set(self.texts[section])
            lines += [f"{TEXTS.name} [{section}]: {code} has no text" for code in sorted(codes - texts)]
            lines += [f"{TEXTS.name} [{section}]: {code} is in no source" for code in sorted(texts - codes)]
        return lines

    def page(self) -> str:
        """The whole page."""
        rows = []
        for code, entry in self.errors.items():
            statuses = ", ".join(map(str, sorted(entry.statuses)))
            when, then = self.texts["errors"][code]
            rows.append(f"| `{code}` | {statuses} | {when} | {then} | {', '.join(sorted(entry.packages))} |")
        return HEAD + "\n".join(rows) + "\n" + self._families()

    def _families(self) -> str:
        return (
            _simple(
                "Reasons of a failed payment or refund",
                "`failure.code` of a transaction or refund. The provider's own word is `failure.providerCode`.",
                self.failures,
                self.texts["failures"],
            )
            + _simple(
                "Connection test of a provider",
                "`code` of a check that did not pass (`POST /providers/{providerId}/test`).",
                self.checks,
                self.texts["checks"],
            )
            + _simple(
                "Drafts",
                "`draftReasons` of an invoice, beside codes of amounts and parties, such as `VAT_RATE_INVALID`.",
                self.drafts,
                self.texts["drafts"],
            )
        )


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    catalogue = Catalogue()
    if problems := catalogue.problems():
        print("\n".join(problems))
        return 1
    if check:
        current = PAGE.exists() and PAGE.read_text() == catalogue.page()
        print("error catalogue is up to date" if current else "docs/errors.md is not current: run `make errors`")
        return 0 if current else 1
    PAGE.write_text(catalogue.page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
