"""Templates of organizations and sites: drafts, proofs, versions, and what happens to a broken one."""

import base64
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from invoice_office import Office

from gateway_contracts.actor import Actor
from gateway_contracts.errors import Conflict, Forbidden, Invalid, NotFound
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.templates import (
    CreateTemplate,
    PreviewTemplate,
    TemplateQuery,
    TemplateRecord,
    TemplateRef,
    UpdateTemplate,
)
from gateway_contracts.rpc import Call
from gateway_kit.mongo.indexes import apply_collection
from gateway_testkit.keys import OTHER_ORGANIZATION, TEST_ORGANIZATION
from invoice.adapters.logos import read_logo
from invoice.adapters.looks import ConfiguredLooks
from invoice.adapters.pdf.pool import PdfPool
from invoice.domain.printed import Print, PrintedDocument
from invoice.rpc.templates import TemplateHandlers
from invoice.store.documents import TemplateDocument
from invoice.use_cases.publish_template import Proofs

pytestmark = pytest.mark.integration

SITE = "65a5000000000000000000aa"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
GREETING = '{% extends "document.html" %}{% block payment %}<p>Merci {{ own(buyer[0].text) }}</p>{% endblock %}'


def call(organization_id: str = TEST_ORGANIZATION, *, livemode: bool = True, site_id: str | None = None) -> Call:
    scopes = ("organization:read", "organization:update", "invoice:execute")
    actor = Actor(
        kind="api_key",
        subject_id="k",
        organization_id=organization_id,
        livemode=livemode,
        scopes=scopes,
        site_id=site_id,
    )
    return Call(actor=actor)


def text_of(pdf: Path) -> str:
    return subprocess.run(["pdftotext", pdf, "-"], check=True, capture_output=True, text=True).stdout


@dataclass
class NoConfiguration:
    """Neither settings nor sites."""

    sites: dict[str, Any] = field(default_factory=dict)

    def last_organization(self, identifier: str) -> None:
        return None

    def last_site(self, identifier: str) -> None:
        return None

    async def fetch_site(self, identifier: str) -> Any:
        return self.sites.get(identifier)


@dataclass
class OwnSite:
    organization_id: str = TEST_ORGANIZATION


@dataclass
class Printer:
    """Remembers pages; breaks where a test wants it."""

    error: str | None = None
    pages: list[PrintedDocument] = field(default_factory=list)

    async def render(self, page: PrintedDocument, *, cpu_s: float) -> Print:
        self.pages.append(page)
        return Print(b"%PDF", self.error if page.look.template else None)


@dataclass
class Studio:
    """Handlers over a real database."""

    office: Office
    printer: Printer = field(default_factory=Printer)

    def __post_init__(self) -> None:
        stores, configuration = self.office.stores, NoConfiguration({SITE: OwnSite()})
        self.looks = ConfiguredLooks(configuration, stores)
        self.office.looks = self.looks  # type: ignore[assignment]
        self.handlers = TemplateHandlers(
            uow=self.office.uow,
            stores=stores,
            proofs=Proofs(stores=stores, cipher=self.office.cipher, renderer=self.printer, looks=self.looks),
            read_logo=read_logo,
            sites=configuration,
        )

    async def create(self, caller: Call | None = None, **values: Any) -> TemplateRecord:
        fields = {"template_id": new_object_id(), "kind": "invoice", "name": "House style"} | values
        return await self.handlers.create(CreateTemplate(**fields), caller or call())

    async def published(self, **values: Any) -> TemplateRecord:
        made = await self.create(**values)
        return await self.handlers.publish(TemplateRef(template_id=made.id), call())

    async def print_new(self, **values: Any) -> PrintedDocument:
        invoice = await self.office.issued(**values)
        await self.office.render(invoice, self.printer)
        return self.printer.pages[-1]


@pytest_asyncio.fixture
async def studio(office: Office) -> Studio:
    await apply_collection(office.database.db, TemplateDocument.collection)
    return Studio(office)


async def test_a_draft_is_not_printed_before_it_is_published(studio: Studio) -> None:
    made = await studio.create(source=GREETING)
    assert (await studio.print_new()).look.template is None

    shown = await studio.handlers.publish(TemplateRef(template_id=made.id), call())

    assert (shown.published_version, shown.has_changes) == (1, False)
    assert (await studio.print_new()).look.template == GREETING


async def test_a_later_draft_changes_nothing_until_it_is_published(studio: Studio) -> None:
    made = await studio.published(source=GREETING)

    changed = await studio.handlers.update(UpdateTemplate(template_id=made.id, name="New", color="#AA0000"), call())
    assert (changed.has_changes, changed.source) == (True, None)
    assert (await studio.print_new()).look.template == GREETING
    again = await studio.handlers.publish(TemplateRef(template_id=made.id), call())

    page = await studio.print_new()
    assert again.published_version == 2
    assert (page.look.template, page.look.color) == (None, "#aa0000")


async def test_the_template_of_a_site_goes_before_that_of_all_sites(studio: Studio) -> None:
    await studio.published(source="all")
    assert (await studio.print_new()).look.template == "all"

    own = await studio.published(source="own", site_id=SITE)
    assert (await studio.print_new()).look.template == "own"
    await studio.handlers.delete(TemplateRef(template_id=own.id), call())

    assert (await studio.print_new()).look.template == "all"


async def test_a_document_that_is_made_again_looks_as_it_did(studio: Studio) -> None:
    made = await studio.published(source="first", logo=PIXEL)
    invoice = await studio.office.issued()
    await studio.office.render(invoice, studio.printer)
    await studio.handlers.update(UpdateTemplate(template_id=made.id, name="x", source="second"), call())
    await studio.handlers.publish(TemplateRef(template_id=made.id), call())
    await studio.handlers.delete(TemplateRef(template_id=made.id), call())

    await studio.office.queue.remake(await studio.office.read(invoice.id))
    await studio.office.render(await studio.office.read(invoice.id), studio.printer)

    first, again = [page.look for page in studio.printer.pages if page.content.id == invoice.id]
    assert again == first
    assert first.logo is not None
    assert first.logo.data == base64.b64decode(PIXEL)


async def test_a_broken_template_stops_no_document_and_is_noted(studio: Studio) -> None:
    made = await studio.published(source=GREETING)
    studio.printer.error = "UndefinedError: 'x' is undefined"

    invoice = await studio.office.issued()
    assert await studio.office.render(invoice, studio.printer)

    [stored] = await studio.office.rows("invoices")
    assert (stored["render_state"], stored["template_error"]) == ("done", studio.printer.error)
    shown = await studio.handlers.read(TemplateRef(template_id=made.id), call())
    assert shown.last_error == studio.printer.error


async def test_a_broken_draft_is_not_published(studio: Studio) -> None:
    made = await studio.create(source="{{ broken")
    studio.printer.error = "TemplateSyntaxError (line 1): unexpected end of template"

    for attempt in (
        studio.handlers.publish(TemplateRef(template_id=made.id), call()),
        studio.handlers.preview(PreviewTemplate(template_id=made.id), call()),
    ):
        with pytest.raises(Invalid) as refused:
            await attempt
        assert (refused.value.code, refused.value.message) == ("TEMPLATE_BROKEN", studio.printer.error)
    assert (await studio.handlers.read(TemplateRef(template_id=made.id), call())).published_version is None


async def test_a_proof_shows_the_draft_over_an_example_or_a_document(studio: Studio) -> None:
    made, invoice = await studio.create(source=GREETING, kind="credit_note"), await studio.office.issued()

    shown = await studio.handlers.preview(PreviewTemplate(template_id=made.id, language="fr"), call())
    await studio.handlers.preview(PreviewTemplate(template_id=made.id, invoice_id=invoice.id), call())

    example, stored = studio.printer.pages
    assert base64.b64decode(shown.pdf) == b"%PDF"
    assert (example.content.kind, example.content.language, example.look.template) == ("credit_note", "fr", GREETING)
    assert stored.content.number == invoice.numbering.number


async def test_there_is_one_for_each_kind_and_site(studio: Studio) -> None:
    await studio.create()
    await studio.create(kind="receipt")
    await studio.create(site_id=SITE)

    with pytest.raises(Conflict) as taken:
        await studio.create()
    assert taken.value.code == "TEMPLATE_TAKEN"
    listed = await studio.handlers.list(TemplateQuery(kind="invoice"), call())
    assert listed.total == 2


async def test_tenants_modes_and_sites_are_kept_apart(studio: Studio) -> None:
    made = await studio.published(source=GREETING)
    ref = TemplateRef(template_id=made.id)

    for stranger in (call(OTHER_ORGANIZATION), call(livemode=False)):
        for asked in (
            studio.handlers.read(ref, stranger),
            studio.handlers.publish(ref, stranger),
            studio.handlers.delete(ref, stranger),
            studio.handlers.update(UpdateTemplate(template_id=made.id, name="x"), stranger),
            studio.handlers.preview(PreviewTemplate(template_id=made.id), stranger),
        ):
            with pytest.raises(NotFound):
                await asked
        assert (await studio.handlers.list(TemplateQuery(), stranger)).total == 0
    with pytest.raises(NotFound):
        await studio.create(call(OTHER_ORGANIZATION), site_id=SITE)
    with pytest.raises(NotFound):
        await studio.create(call(site_id=SITE))
    assert (await studio.print_new(livemode=False)).look.template is None
    with pytest.raises(Forbidden):
        await studio.handlers.read(ref, Call(actor=call().actor.model_copy(update={"scopes": ()})))


@pytest.mark.parametrize("logo", ["bm90IGFuIGltYWdl", "PHN2Zy8+", base64.b64encode(b"GIF89a").decode()])
async def test_a_logo_is_an_image_that_can_be_printed(studio: Studio, logo: str) -> None:
    with pytest.raises(Invalid) as refused:
        await studio.create(logo=logo)
    assert [problem.field for problem in refused.value.details] == ["logo"]


async def test_templates_are_printed_in_a_sandbox(studio: Studio, pdf_pool: PdfPool, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("only-on-disk")
    sources: dict[str, Callable[[str | None], bool]] = {
        GREETING: lambda error: error is None,
        "{{ ''.__class__.__mro__ }}": lambda error: error is not None and error.startswith("SecurityError"),
        "{% include '/etc/hostname' %}": lambda error: error is not None and "TemplateNotFound" in error,
        f'<img src="file://{secret}"><link rel=attachment href="file://{secret}"><p>plain': lambda error: error is None,
        "{{ nothing }}": lambda error: error is not None and error.startswith("UndefinedError"),
        "{% for a in range(10**9) %}{% endfor %}": lambda error: error is not None and "range" in error.lower(),
    }
    page = studio.office.printed(await studio.office.issued())

    for source, is_right in sources.items():
        made = await pdf_pool.render(PrintedDocument(page.content, type(page.look)(template=source)), cpu_s=60)
        assert is_right(made.template_error), (source, made.template_error)
        assert b"only-on-disk" not in made.pdf
        (tmp_path / "proof.pdf").write_bytes(made.pdf)
    assert page.content.number in text_of(tmp_path / "proof.pdf")
