"""Every public text has a length, every list and map a size, every number a range: a new field cannot be forgotten.

What a schema cannot say (half characters, integers of more than 64 bits, all texts together) is refused before it:
see `gateway_kit.http.routing`.
"""

import pytest
from fastapi import FastAPI
from public_apis import customers, merchants

from gateway_testkit.openapi import inputs, unbounded


@pytest.mark.parametrize("app", [merchants(), customers()])
def test_nothing_public_is_without_a_bound(app: FastAPI) -> None:
    described = app.openapi()
    places = list(inputs(described))

    assert len(places) > 10
    assert unbounded(described) == []
