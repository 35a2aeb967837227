"""Templates of documents in the console, over HTTP."""

import re

import pytest
from admin_world import Api
from console_visits import Visits, member, texts
from documents_world import BROKEN, PDF, TEMPLATE, TemplateOffice

from admin_api.console.forms.document_templates import error_lines

pytestmark = pytest.mark.integration
PAGE = f"/document-templates/{TEMPLATE}"


@pytest.fixture
def office(api: Api) -> TemplateOffice:
    made = TemplateOffice()
    api.owners.answers |= made.answers
    return made


async def at_work(api: Api, role: str = "admin") -> Visits:
    return await member(api, await api.organization(), role)


async def test_a_template_is_written_changed_and_published(api: Api, office: TemplateOffice) -> None:
    visits = await at_work(api)
    assert "/document-templates/new" in (await visits.get("/document-templates")).text
    form = {"kind": "invoice", "name": "House style", "source": "one\r\ntwo", "color": "#0b5fff"}
    created = await visits.post("/document-templates/new", form)
    assert created.status_code == 303
    [record] = office.stored.values()
    page = created.headers["location"].partition("?")[0]
    assert (page, record.source, record.site_id) == (f"/document-templates/{record.id}", "one\ntwo", None)
    assert "It is not published" in texts(await visits.get(page))

    assert (await visits.post(f"{page}/publish")).headers["location"] == f"{page}?done=publish"
    shown = await visits.get(page)
    assert "The draft is the same as version 1" in texts(shown)
    assert f'action="{page}/publish"' not in shown.text
    assert (await visits.post(f"{page}/edit", {"name": "House style", "source": ""})).status_code == 303
    [record] = office.stored.values()
    assert (record.source, record.color, record.has_changes) == (None, None, True)
    assert "The draft differs from version 1" in texts(await visits.get(page))
    assert (await visits.post(f"{page}/delete")).headers["location"] == "/document-templates?done=delete"
    assert office.stored == {}


async def test_the_proof_is_shown_in_a_frame_of_the_same_origin_alone(api: Api, office: TemplateOffice) -> None:
    office.keep()
    visits = await at_work(api)
    page = await visits.get(f"{PAGE}?language=ar")
    [address] = re.findall(r'<iframe [^>]*src="([^"]+)"', page.text)
    assert address == f"{PAGE}/proof.pdf?language=ar"
    assert ('<option value="ar" lang="ar" selected>' in page.text, 'name="language" value="ar"' in page.text) == (
        True,
        False,
    )
    assert "frame-src 'self'; frame-ancestors 'none'" in page.headers["content-security-policy"]

    proof = await visits.get(address)
    assert (proof.content, proof.headers["content-type"]) == (PDF, "application/pdf")
    assert "frame-ancestors 'self'" in proof.headers["content-security-policy"]
    assert (proof.headers["x-frame-options"], office.previews[-1].language) == ("SAMEORIGIN", "ar")
    file = await visits.get(f"{address}&download=1")
    assert file.headers["content-disposition"] == f'attachment; filename="proof-{TEMPLATE}.pdf"'


async def test_an_error_stands_at_its_line(api: Api, office: TemplateOffice) -> None:
    office.keep(source=f"one\n<b>\n{BROKEN}\nfour")
    visits = await at_work(api)
    for answer in (await visits.post(f"{PAGE}/publish"), await visits.get(f"{PAGE}/proof.pdf")):
        assert answer.status_code == 422
        assert '<li value="2">&lt;b&gt;' in answer.text
        assert '<li value="3" class="bad">{% if %}' in answer.text
        assert "TemplateSyntaxError (line 3)" in texts(answer)
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    office.keep(source="one\ntwo", published_version=1, last_error="UndefinedError (line 2): 'x' is undefined")
    assert '<li value="2" class="bad">two' in (await visits.get(PAGE)).text


async def test_who_may_not_change_templates_sees_no_preview(api: Api, office: TemplateOffice) -> None:
    office.keep()
    visits = await at_work(api, "viewer")
    page = (await visits.get(PAGE)).text
    assert ("House style" in page, "<iframe" in page, '<form method="post" action="/document' in page) == (
        True,
        False,
        False,
    )
    assert (await visits.get(f"{PAGE}/proof.pdf")).status_code == 403
    assert office.previews == []


def test_lines_around_an_error() -> None:
    source = "\n".join(str(number) for number in range(1, 21))
    assert [line for line, *_ in error_lines(source, "Error (line 10): x")] == [7, 8, 9, 10, 11, 12, 13]
    assert [line for line, *_ in error_lines(source, "Error (line 1): x")] == [1, 2, 3, 4]
    assert error_lines(source, "Error: x") == error_lines(None, "Error (line 1): x") == []
