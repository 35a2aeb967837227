"""Every public text has a length, every list and map a size, every number a range: a new field cannot be forgotten.

What a schema cannot say (half characters, integers of more than 64 bits, all texts together) is refused before it:
see `gateway_kit.http.routing`.
"""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi import FastAPI

from admin_api.web.application import create_application
from checkout_api.web import checkouts, events, health, transactions
from checkout_api.web.openapi import install_openapi
from gateway_testkit.openapi import inputs, unbounded


def merchants() -> dict[str, Any]:
    return create_application(cast(Any, SimpleNamespace())).openapi()


def customers() -> dict[str, Any]:
    app = FastAPI()
    for module in (health, checkouts, transactions, events):
        app.include_router(module.router)
    install_openapi(app)
    return app.openapi()


@pytest.mark.parametrize("document", [merchants, customers])
def test_nothing_public_is_without_a_bound(document: Any) -> None:
    described = document()
    places = list(inputs(described))

    assert len(places) > 10
    assert unbounded(described) == []
