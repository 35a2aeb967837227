"""Drafts and published revisions of a template."""

from typing import Any

import pytest
from notify_world import OTHER, SCOPE, World

from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.notify import ChangeTemplate, CreateTemplate, TemplateQuery
from notify.domain.template import Template
from notify.errors import DraftExists, NotADraft, TemplateNotFound, TemplateRefused
from notify.use_cases.change_template import change_template
from notify.use_cases.create_template import create_template
from notify.use_cases.delete_template import delete_template
from notify.use_cases.list_templates import list_templates
from notify.use_cases.publish_template import publish_template


@pytest.fixture
def world() -> World:
    return World()


async def draft(world: World, operation: str | None = None, **fields: Any) -> Template:
    values = {
        "template_id": new_object_id(),
        "event": "payment.succeeded",
        "channel": "email",
        "language": "en",
        "subject": "Thanks",
        "text": "{{ amount }}",
    } | fields
    return await create_template(
        CreateTemplate(**values), scope=SCOPE, operation_id=operation or new_object_id(), deps=world.deps
    )


async def states(world: World) -> list[tuple[int, str]]:
    page = await list_templates(TemplateQuery(), scope=SCOPE, deps=world.deps)
    return [(template.revision, template.state) for template in page.rows]


async def test_revisions_follow_each_other(world: World) -> None:
    first = await draft(world)
    with pytest.raises(DraftExists):
        await draft(world)
    await publish_template(first.id, scope=SCOPE, deps=world.deps)
    second = await draft(world, text="{{ amount }} again")
    assert await states(world) == [(2, "draft"), (1, "published")]
    await publish_template(second.id, scope=SCOPE, deps=world.deps)
    await publish_template(second.id, scope=SCOPE, deps=world.deps)
    assert await states(world) == [(2, "published"), (1, "retired")]
    with pytest.raises(NotADraft):
        await publish_template(first.id, scope=SCOPE, deps=world.deps)
    await delete_template(second.id, scope=SCOPE, deps=world.deps)
    assert await states(world) == [(2, "retired"), (1, "retired")]
    third = await draft(world)
    assert third.revision == 3
    await delete_template(third.id, scope=SCOPE, deps=world.deps)
    assert len(await states(world)) == 2


async def test_only_a_draft_changes(world: World) -> None:
    made = await draft(world)
    change = ChangeTemplate(template_id=made.id, subject="Other", text="{{ date }}")
    assert (await change_template(change, scope=SCOPE, deps=world.deps)).subject == "Other"
    with pytest.raises(TemplateRefused):
        await change_template(
            ChangeTemplate(template_id=made.id, subject="x", text="{{ link }}"), scope=SCOPE, deps=world.deps
        )
    await publish_template(made.id, scope=SCOPE, deps=world.deps)
    with pytest.raises(NotADraft):
        await change_template(change, scope=SCOPE, deps=world.deps)


async def test_a_source_that_cannot_be_used_is_refused_at_once(world: World) -> None:
    with pytest.raises(TemplateRefused):
        await draft(world, text="{% for x in y %}{% endfor %}")
    assert await states(world) == []


async def test_a_repeated_request_makes_one_draft(world: World) -> None:
    first = await draft(world, operation="op")
    assert (await draft(world, operation="op")).id == first.id


async def test_templates_of_others_do_not_exist(world: World) -> None:
    made = await draft(world)
    for attempt in (
        publish_template(made.id, scope=OTHER, deps=world.deps),
        delete_template(made.id, scope=OTHER, deps=world.deps),
    ):
        with pytest.raises(TemplateNotFound):
            await attempt
