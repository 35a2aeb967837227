import importlib.util
from pathlib import Path
from typing import Any

import pytest

PATH = Path(__file__).resolve().parents[1] / "lint" / "persistence.py"


@pytest.fixture(scope="module")
def lint() -> Any:
    spec = importlib.util.spec_from_file_location("persistence_lint", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_services_on_the_kernel_use_it(lint: Any) -> None:
    assert lint.main() == 0


@pytest.mark.parametrize(
    "source",
    [
        "import pymongo",
        "from pymongo.asynchronous.database import AsyncDatabase",
        "from beanie import Document",
        "rows.find(condition, session=None)",
        "rows.insert_one(row, session=tx.session)",
        "await tx.session.commit()",
        "tx.db.domains.find({})",
        "runtime.db['domains'].delete_many({})",
        "await DomainDocument.find_one({'_id': key})",
        "await DomainDocument.find_all().to_list()",
        "DomainDocument.get_pymongo_collection().find()",
    ],
)
def test_ways_around_the_store_are_refused(lint: Any, source: str) -> None:
    assert list(lint.violations("svc-domains/src/domains/use_cases/x.py", source))


@pytest.mark.parametrize(
    "source",
    [
        "store = Store(DomainDocument, MongoRows(DomainDocument))",
        "await store.get(tx, scope, key)",
        "from gateway_kit.mongo.store import Store",
    ],
)
def test_the_store_is_used_freely(lint: Any, source: str) -> None:
    assert not list(lint.violations("svc-domains/src/domains/use_cases/x.py", source))


def test_the_composition_root_names_the_database(lint: Any) -> None:
    assert not list(lint.violations("svc-domains/src/domains/app.py", "bind_documents(runtime.db, DOCUMENTS)"))
