"""A draft of a template."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.notify import CreateTemplate
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx
from notify.domain.template import Sources, Template, TemplateKey
from notify.errors import DraftExists
from notify.ports import Deps
from notify.use_cases.find_template import find_template


async def create_template(command: CreateTemplate, *, scope: Scope, operation_id: str, deps: Deps) -> Template:
    """The draft, as the next revision. Idempotent on the operation id.

    Raises:
        TemplateRefused: a source that cannot be used.
        DraftExists: there is a draft already.
    """
    store = deps.stores.templates
    key = TemplateKey(command.event, command.channel, command.language)
    deps.renderer.check(Sources(command.text, command.subject, command.html), key)
    of_key = {"kind": key.kind, "channel": key.channel, "language": key.language}

    async def work(tx: Tx) -> Template:
        last = await store.first(tx, scope, of_key, sort=[("revision", -1)])
        if await store.first(tx, scope, {**of_key, "state": "draft"}) is not None:
            raise DraftExists
        draft = Template(
            id=command.template_id,
            organization_id=scope.organization_id,
            livemode=scope.mode,
            kind=command.event,
            channel=key.channel,
            language=key.language,
            revision=1 if last is None else last.revision + 1,
            subject=command.subject,
            html=command.html,
            text=command.text,
            created_at=tx.now,
        )
        store.insert(tx, draft, otherwise=DraftExists())
        return draft

    try:
        return await deps.uow.run(work, operation=Operation(operation_id, command.template_id))
    except OperationReplayed as replayed:
        return await find_template(replayed.entity_id, scope=scope, store=store)
