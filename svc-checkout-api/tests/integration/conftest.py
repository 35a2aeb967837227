"""A browser, the simulator of the card form, and a shop between them."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from page_rig import RETURN_URL, Payments, served, until_answers
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from gateway_embedded.servers.process import free_port
from gateway_testkit.chromium import CHROMIUM, FLAGS, SHOWN_MS


@pytest.fixture(scope="module")
async def simulator(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    port = free_port()
    environment = {**os.environ, "STRIPE_SIM_PORT": str(port), "STRIPE_SIM_HOST": "127.0.0.1"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway_simulators.stripe", env=environment, cwd=tmp_path_factory.mktemp("simulator")
    )
    origin = f"http://127.0.0.1:{port}"
    await until_answers(f"{origin}/v3/")
    yield origin
    process.terminate()
    await process.wait()


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.fail("Chromium is missing: apt-get install chromium, or set CHROMIUM_BIN")
    async with async_playwright() as playwright:
        expect.set_options(timeout=SHOWN_MS)
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        await started.close()


@pytest.fixture
async def shop(make_world: Callable[..., Any], simulator: str) -> AsyncIterator[tuple[Any, str]]:
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    world = make_world(
        environment="development", main_frontend_origin=origin, stripe_js_url=f"{simulator}/v3/", trusted_proxies=""
    )
    payments = Payments(world, simulator)
    world.owners.started = payments.start
    world.owners.synchronise = payments.synchronise
    async with served(world.app, port):
        yield world, origin
        world.nudges.close()
    payments.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    context: BrowserContext = await browser.new_context(viewport={"width": 360, "height": 740})
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened = await context.new_page()
    opened.set_default_timeout(SHOWN_MS)
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda line: problems.append(line.text) if "Content Security Policy" in line.text else None)
    await opened.route(f"{RETURN_URL}*", lambda route: route.fulfill(body="the shop"))
    yield opened
    await context.close()
    assert problems == []
