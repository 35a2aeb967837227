"""Limits of a customer's requests per minute."""

from checkout_world import MakeWorld, World

from checkout_api.web.dependencies import PAY_POLICY

FRONTEND = {"Origin": "https://pay.test"}


async def test_beginning_a_payment_is_limited_per_session(world: World) -> None:
    session, other = world.session(), world.session(id="cs_" + "B" * 32, short_code="Bbc123Def4")
    bodies = [{"sessionPublicId": item.id, "providerId": item.providers[0].id} for item in (session, other)]
    async with world.client() as client:
        answers = [
            await client.post("/api/v1/transactions/create", json=bodies[0], headers=FRONTEND)
            for _ in range(PAY_POLICY.capacity + 2)
        ]
        elsewhere = await client.post("/api/v1/transactions/create", json=bodies[1], headers=FRONTEND)

    assert [answer.status_code for answer in answers] == [200] * 20 + [429] * 2
    assert elsewhere.status_code == 200
    refused = answers[-1]
    assert refused.json()["violated-policies"] == ["pay"]
    assert refused.headers["rate-limited-reason"] == "pay"
    assert 1 <= int(refused.headers["retry-after"]) <= 3
    # The page can read why: it belongs to an allowed origin.
    assert refused.headers["access-control-allow-origin"] == "https://pay.test"
    assert "RateLimit" in refused.headers["access-control-expose-headers"]
    assert len(world.owners.requests("public_create_transaction")) == 21


async def test_customers_are_limited_by_address_but_not_on_static_files(make_world: MakeWorld) -> None:
    world = make_world(mpg_rate_limit_requests_per_min=5)
    path = f"/api/v1/checkouts/{world.session().id}"
    async with world.client() as client, world.client(address="203.0.113.10") as neighbour:
        answers = [(await client.get(path, headers=FRONTEND)).status_code for _ in range(6)]
        for _ in range(10):
            assert (await client.get("/health")).status_code == 200
            assert (await client.get("/checkout/assets/checkout.js")).status_code != 429
        assert (await neighbour.get(path, headers=FRONTEND)).status_code == 200
    assert answers == [200] * 5 + [429]


async def test_the_address_limit_can_be_switched_off_and_spares_listed_networks(make_world: MakeWorld) -> None:
    for changes in ({"mpg_rate_limit_enabled": False}, {"mpg_rate_limit_whitelist": "198.51.100.1, 203.0.113.0/24"}):
        world = make_world(mpg_rate_limit_requests_per_min=1, **changes)
        path = f"/api/v1/checkouts/{world.session().id}"
        async with world.client() as client:
            assert [(await client.get(path, headers=FRONTEND)).status_code for _ in range(5)] == [200] * 5


async def test_the_address_is_the_proxys_word_from_the_proxy_alone(make_world: MakeWorld) -> None:
    world = make_world(mpg_rate_limit_requests_per_min=1, mpg_rate_limit_whitelist="")
    path = f"/api/v1/checkouts/{world.session().id}"
    async with world.client(address="127.0.0.1") as proxy, world.client(address="203.0.113.9") as forger:
        named = [{**FRONTEND, "X-Real-IP": f"198.51.100.{number}"} for number in (1, 2, 1)]
        assert [(await proxy.get(path, headers=headers)).status_code for headers in named] == [200, 200, 429]
        assert [(await forger.get(path, headers=headers)).status_code for headers in named] == [200, 429, 429]
