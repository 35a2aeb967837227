"""Other sources for a draft."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.notify import ChangeTemplate
from gateway_kit.mongo.unit_of_work import Tx
from notify.domain.template import Sources, Template, TemplateKey
from notify.errors import NotADraft
from notify.ports import Deps
from notify.use_cases.find_template import find_template


async def change_template(command: ChangeTemplate, *, scope: Scope, deps: Deps) -> Template:
    """The changed draft. A repetition changes nothing more.

    Raises:
        TemplateNotFound: the scope has no such template.
        NotADraft: it was published.
        TemplateRefused: a source that cannot be used.
    """
    store = deps.stores.templates
    sources = Sources(command.text, command.subject, command.html)

    async def work(tx: Tx) -> Template:
        draft = await find_template(command.template_id, scope=scope, store=store, tx=tx)
        if draft.state != "draft":
            raise NotADraft
        deps.renderer.check(sources, TemplateKey(draft.kind, draft.channel, draft.language))
        after = draft.changed(subject=sources.subject, html=sources.html, text=sources.text)
        return store.replace(tx, draft, after)

    return await deps.uow.run(work)
