"""The writer's process: the same bytes as here, and a successor after each death."""

import os
import signal
from dataclasses import replace

import pytest
from einvoice_documents import document

from invoice.adapters.xml_process import XmlProcess
from invoice.einvoice.writer import write
from invoice.errors import EInvoiceFailed

pytestmark = pytest.mark.integration
CONTENT = document(1, 0)


async def test_a_process_writes_and_is_replaced() -> None:
    process = XmlProcess()
    await process.warm()
    try:
        assert await process.write(CONTENT, "peppol") == write(CONTENT, "peppol")
        [pid] = process.pids()
        os.kill(pid, signal.SIGKILL)
        assert await process.write(CONTENT, "peppol") == write(CONTENT, "peppol")
    finally:
        await process.close()


async def test_a_document_that_is_not_taken_ends_no_process() -> None:
    process = XmlProcess()
    try:
        with pytest.raises(EInvoiceFailed):
            await process.write(replace(CONTENT, currency="XTS"), "zugferd")
        assert await process.write(CONTENT, "zugferd") == write(CONTENT, "zugferd")
    finally:
        await process.close()


async def test_a_late_document_is_given_up() -> None:
    process = XmlProcess(deadline_s=0.01)
    try:
        with pytest.raises(EInvoiceFailed):
            await process.write(CONTENT, "zugferd")
        assert process.pids() == []
    finally:
        await process.close()
