"""Passes over all tenants: what is wrong with one stays with it, and the second one gets its own."""

from dataclasses import replace
from typing import Any

import pytest
from admin_world import Api

from admin_api.encryption.use_cases.advance_rotations import advance_rotations
from admin_api.shared.use_cases.report_refusals import report_refusals
from gateway_kit.crypto.api_keys import new_api_key, parse_api_key

pytestmark = pytest.mark.integration


class BrokenFor:
    """A port that fails for one organization."""

    def __init__(self, inner: Any, organization_id: str) -> None:
        self._inner, self._organization_id = inner, organization_id

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)

        async def guarded(*arguments: Any, **named: Any) -> Any:
            actors = (getattr(argument, "organization_id", argument) for argument in arguments)
            if self._organization_id in actors:
                raise RuntimeError("unexpected")
            return await method(*arguments, **named)

        return guarded


async def test_a_rotation_that_cannot_go_on_keeps_no_other_from_its_end(api: Api) -> None:
    broken, sound = [await api.organization(name) for name in ("Broken", "Sound")]
    for organization in (broken, sound):
        path = f"/organizations/{organization}/encryption/rotate"
        assert (await api.ask("POST", path, api.system_key, {"mode": "rewrap"})).status_code == 202
    encryption = api.applications[0].state.encryption

    ended = await advance_rotations(encryption=replace(encryption, deks=BrokenFor(encryption.deks, broken)))

    assert ended == 1
    states = {row["organization_id"]: row["state"] async for row in api.db.rotation_jobs.find()}
    assert states == {broken: "running", sound: "done"}
    assert await advance_rotations(encryption=encryption) == 1


async def test_refused_keys_of_one_organization_are_noted_whatever_is_wrong_with_another(api: Api) -> None:
    broken, sound = [await api.organization(name) for name in ("Broken", "Sound")]
    for organization in (broken, sound):
        key = await api.key(organization)
        known = parse_api_key(key)
        assert known is not None
        wrong = str(new_api_key(known.mode, known.key_id))
        assert (await api.ask("GET", "/sites", wrong)).status_code == 401

    audit: Any = BrokenFor(api.tenancy.audit, broken)
    tenancy = replace(api.tenancy, audit=audit)
    assert await report_refusals(api.deps.refusals, tenancy=tenancy) == 1

    async def noted() -> set[str]:
        rows = api.db.audit_log.find({"action": "api_key.refused"})
        return {row["organization_id"] async for row in rows}

    assert await noted() == {sound}
    assert await report_refusals(api.deps.refusals, tenancy=api.tenancy, is_last=True) == 1
    assert await noted() == {broken, sound}
