"""A provider is a plug-in: production code outside its folder does not know its name."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from gateway_providers.registry import PROVIDERS
from gateway_testkit.stack import REPOSITORY

SOURCES: Final = ("svc-*/src", "libs/contracts/src", "libs/kit/src", "libs/providers/src/gateway_providers")
# Words of the field, too: found only where they are the whole text.
ORDINARY: Final = frozenset({"wire", "wise"})
NAMES: Final = re.compile("|".join(re.escape(name) for name in sorted(set(PROVIDERS) - ORDINARY)), re.IGNORECASE)
SCRIPTS: Final = ("*.js", "*.html", "*.css")

ALLOWED: Final = {
    "libs/providers/src/gateway_providers/registry.py": "the one line for each provider",
    "libs/contracts/src/gateway_contracts/requests/customer.py": "published words of `nextAction.type`",
    "svc-admin-api/src/admin_api/web/examples.py": "an example of the reference",
    "svc-checkout-api/src/checkout_api/web/schemas.py": "an example of the reference",
    "svc-checkout-api/src/checkout_api/domain/outcome.py": "published words for any bank transfer",
    "svc-checkout-api/src/checkout_api/web/outcome_texts.py": "published words for any bank transfer",
    "svc-invoice/src/invoice/adapters/pdf/methods.py": "names of methods; documents of old payments name none",
    "svc-webhook-ingest/src/webhook_ingest/settings.py": "name of a variable of installations",
}
"""Modules that name a provider, and why they may."""


def modules() -> list[Path]:
    folders = [folder for pattern in SOURCES for folder in sorted(REPOSITORY.glob(pattern))]
    found = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    return [path for path in found if not _is_of_a_provider(path)]


def _is_of_a_provider(path: Path) -> bool:
    return path.parent.name in PROVIDERS and path.parent.parent.name == "gateway_providers"


def names_in(source: str) -> Iterator[str]:
    """Texts (no docstrings), imports and identifiers that name a provider."""
    tree = ast.parse(source)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str() as text) if id(node) not in docstrings:
                if NAMES.search(text) or text in ORDINARY:
                    yield text
            case ast.ImportFrom(module=str() as module) if module.split(".")[0] == "gateway_providers":
                if set(module.split(".")) & set(PROVIDERS):
                    yield module
            case ast.Name(id=text) | ast.arg(arg=text) | ast.Attribute(attr=text) if NAMES.search(text):
                yield text
            case ast.FunctionDef(name=text) | ast.AsyncFunctionDef(name=text) | ast.ClassDef(name=text):
                if NAMES.search(text):
                    yield text


@pytest.mark.parametrize(
    "source",
    [
        'if provider.type == "stripe": ...',
        'TYPES = ("wire", "wise")',
        "from gateway_providers.wise.client import WiseConnector",
        "def paypal_method(): ...",
        "settings.mollie_api_base",
        'HEADERS = {"x-mollie-signature"}',
    ],
)
def test_names_are_found(source: str) -> None:
    assert list(names_in(source))


def test_docstrings_and_ordinary_words_are_not() -> None:
    assert not list(names_in('"""Stripe and Mollie."""\nrow = {"wire": row.wire}'.replace('"wire"', '"wired"')))


def test_modules_outside_the_folders_of_providers_name_none() -> None:
    naming = {str(path.relative_to(REPOSITORY)): sorted(set(names_in(path.read_text()))) for path in modules()}
    naming = {path: names for path, names in naming.items() if names}

    assert {path: names for path, names in naming.items() if path not in ALLOWED} == {}
    assert set(ALLOWED) - naming.keys() == set(), "no longer needed"


def test_the_hosted_pages_name_none() -> None:
    pages = REPOSITORY / "svc-checkout-api" / "src" / "checkout_api" / "web"
    found = [path for pattern in SCRIPTS for path in pages.rglob(pattern) if NAMES.search(path.read_text())]

    assert found == []
