"""PDF files for archives, people and machines: PDF/A-3a, PDF/UA-1 and, with XML, Factur-X in one file.

WeasyPrint writes one of the standards at a time, and appends foreign metadata as a second ``rdf:RDF``, which readers of
XMP ignore. Here it writes PDF/A-3a, whose tagged structure PDF/UA asks for as well; what the others declare is added to
its own metadata.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final
from xml.etree import ElementTree

FILE_NAME: Final = "factur-x.xml"
_VARIANT: Final = "pdf/a-3a"
_NAMESPACES: Final = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "fx": "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#",
    "pdfuaid": "http://www.aiim.org/pdfua/ns/id/",
    "pdfaExtension": "http://www.aiim.org/pdfa/ns/extension/",
    "pdfaSchema": "http://www.aiim.org/pdfa/ns/schema#",
    "pdfaProperty": "http://www.aiim.org/pdfa/ns/property#",
}


@dataclass(frozen=True)
class _Schema:
    """Properties of a namespace that PDF/A does not know, with the values of this file."""

    title: str
    prefix: str
    value_type: str
    properties: tuple[tuple[str, str, str], ...]
    """Name, value and description of each."""


_UA: Final = _Schema(
    "PDF/UA identification schema",
    "pdfuaid",
    "Integer",
    (("part", "1", "Part of ISO 14289 that the document conforms to"),),
)
_FACTUR_X: Final = _Schema(
    "Factur-X PDFA Extension Schema",
    "fx",
    "Text",
    (
        ("DocumentFileName", FILE_NAME, "Name of the embedded XML document"),
        ("DocumentType", "INVOICE", "Type of the hybrid document"),
        ("Version", "1.0", "Version of the standard of the embedded XML document"),
        ("ConformanceLevel", "EN 16931", "Conformance level of the embedded XML document"),
    ),
)


def write_pdf(html: Any, *, xml: bytes | None, when: datetime | None, **options: Any) -> bytes:
    """The file of a page.

    Args:
        html: WeasyPrint's ``HTML``.
        xml: Factur-X of the same document.
        when: the date of the attachment, of issued documents; the same input gives the same bytes.
        options: of WeasyPrint, such as style sheets and the file's identifier.
    """
    document = html.render(pdf_variant=_VARIANT, **options)
    own_metadata = document.metadata.generate_rdf_metadata
    added = _metadata(has_xml=xml is not None)

    def metadata(*claims: Any) -> bytes:
        rdf = ElementTree.fromstring(own_metadata(*claims))  # noqa: S314  # WeasyPrint's own text
        rdf.extend(added)
        return ElementTree.tostring(rdf)

    document.metadata.generate_rdf_metadata = metadata
    # An attachment belongs to the writing: it is used up by it.
    attachments = None if xml is None or when is None else [_attachment(xml, when)]
    pdf: bytes = document.write_pdf(pdf_variant=_VARIANT, **options | {"attachments": attachments})
    return pdf


def _attachment(xml: bytes, when: datetime) -> Any:
    from weasyprint import Attachment  # only renderers load it

    return Attachment(
        string=xml,
        name=FILE_NAME,
        description="Factur-X invoice",
        relationship="Alternative",
        created=when,
        modified=when,
    )


@cache
def _metadata(*, has_xml: bool) -> tuple[ElementTree.Element, ...]:
    """Descriptions of the standards, with the declarations that PDF/A demands of them."""
    for prefix, uri in _NAMESPACES.items():
        ElementTree.register_namespace(prefix, uri)
    schemas = [_FACTUR_X, _UA] if has_xml else [_UA]
    declared = ElementTree.Element(_name("rdf", "Description"), {_name("rdf", "about"): ""})
    bag = ElementTree.SubElement(
        ElementTree.SubElement(declared, _name("pdfaExtension", "schemas")), _name("rdf", "Bag")
    )
    for schema in schemas:
        _declare(bag, schema)
    return (*(_values(schema) for schema in schemas), declared)


def _values(schema: _Schema) -> ElementTree.Element:
    description = ElementTree.Element(_name("rdf", "Description"), {_name("rdf", "about"): ""})
    for name, value, _ in schema.properties:
        ElementTree.SubElement(description, _name(schema.prefix, name)).text = value
    return description


def _declare(bag: ElementTree.Element, schema: _Schema) -> None:
    entry = _resource(bag)
    _text(entry, "pdfaSchema", "schema", schema.title)
    _text(entry, "pdfaSchema", "namespaceURI", _NAMESPACES[schema.prefix])
    _text(entry, "pdfaSchema", "prefix", schema.prefix)
    listed = ElementTree.SubElement(ElementTree.SubElement(entry, _name("pdfaSchema", "property")), _name("rdf", "Seq"))
    for name, _, description in schema.properties:
        one = _resource(listed)
        _text(one, "pdfaProperty", "name", name)
        _text(one, "pdfaProperty", "valueType", schema.value_type)
        _text(one, "pdfaProperty", "category", "external" if schema is _FACTUR_X else "internal")
        _text(one, "pdfaProperty", "description", description)


def _resource(parent: ElementTree.Element) -> ElementTree.Element:
    return ElementTree.SubElement(parent, _name("rdf", "li"), {_name("rdf", "parseType"): "Resource"})


def _text(parent: ElementTree.Element, prefix: str, name: str, text: str) -> None:
    ElementTree.SubElement(parent, _name(prefix, name)).text = text


def _name(prefix: str, name: str) -> str:
    return f"{{{_NAMESPACES[prefix]}}}{name}"
