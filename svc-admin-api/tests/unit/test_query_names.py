"""A query parameter that an operation does not know is refused by its name, and so is one given twice."""

from types import SimpleNamespace
from typing import Annotated, Any, cast

import httpx
import pytest
from fastapi import Depends, FastAPI, Query

from admin_api.edge.routing import IdentifiedRoute, new_router
from admin_api.shared.web.problems import install_problems
from admin_api.shared.web.query_names import QueryNames
from admin_api.web.application import API_PREFIX, ROUTERS, create_application
from gateway_contracts.rules import DETAILS_MAX
from gateway_testkit.openapi import operations


def paged(limit: int = 10, from_: Annotated[str, Query(alias="from")] = "") -> dict[str, Any]:
    return {"limit": limit, "from": from_}


def build() -> FastAPI:
    app, router = FastAPI(), new_router()

    @router.get("/rows")
    async def rows(
        page: Annotated[dict[str, Any], Depends(paged)], tag: Annotated[list[str] | None, Query()] = None
    ) -> dict[str, Any]:
        return {**page, "tags": tag}

    @router.post("/rows/{row_id}")
    async def act(row_id: str) -> str:
        return row_id

    app.include_router(router)
    install_problems(app)
    return app


async def ask(path: str, method: str = "GET") -> httpx.Response:
    transport = httpx.ASGITransport(app=build(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.request(method, path)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("limt=5", ["limt"]),
        ("Limit=5", ["Limit"]),
        ("limit[]=5", ["limit[]"]),
        ("limit%5B%5D=5", ["limit[]"]),
        ("from_=2026-01-01", ["from_"]),
        ("limit=5&flag", ["flag"]),
        ("a=1&limit=x&b=2&a=3", ["a", "b"]),
        ("=5", [""]),
        ("%00=1", ["\ufffd"]),
        ("x" * 1_000, ["x" * 60]),
    ],
)
async def test_an_unknown_parameter_is_named(query: str, names: list[str]) -> None:
    answer = await ask(f"/rows?{query}")

    assert (answer.status_code, answer.json()["code"]) == (422, "UNKNOWN_PARAMETER")
    assert [problem["field"] for problem in answer.json()["details"]] == names
    assert "from, limit, tag" in answer.json()["error"]


async def test_also_where_there_are_none() -> None:
    answer = await ask("/rows/1?limit=5", "POST")

    assert (answer.status_code, answer.json()["code"]) == (422, "UNKNOWN_PARAMETER")
    assert (await ask("/rows/1?", "POST")).status_code == 200


async def test_a_single_value_given_twice_is_named() -> None:
    for query in ("limit=5&limit=6", "limit=5&limit=5", "limit=5&from=a&limit="):
        answer = await ask(f"/rows?{query}")
        assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION_FAILED")
        assert answer.json()["details"] == [{"field": "limit", "message": "is given twice"}]


async def test_a_list_may_be_given_twice() -> None:
    answer = await ask("/rows?limit=5&tag=a&from=b&tag=c")
    assert answer.json() == {"limit": 5, "from": "b", "tags": ["a", "c"]}


async def test_a_thousand_unknown_ones_are_not_all_listed() -> None:
    answer = await ask("/rows?" + "&".join(f"p{number}" for number in range(1_000)))
    assert len(answer.json()["details"]) == DETAILS_MAX


def test_each_route_knows_what_the_document_says() -> None:
    document = create_application(cast(Any, SimpleNamespace())).openapi()
    published = {
        (method, path): {given["name"] for given in operation.get("parameters", []) if given["in"] == "query"}
        for method, path, operation in operations(document)
    }
    seen = 0
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, IdentifiedRoute), route
            if route.include_in_schema:
                names = QueryNames.of(route.dependant)
                for method in route.methods or ():
                    assert names.single | names.lists == published[(method, API_PREFIX + route.path)]
                    seen += 1
    assert seen > 80
