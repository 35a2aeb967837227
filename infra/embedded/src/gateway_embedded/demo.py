"""``make demo``: one payment through the running stack, each step shown with its address and its time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from gateway_embedded import control
from gateway_embedded.addresses import describe, how_to_end
from gateway_embedded.control import StackError
from gateway_embedded.layout import Layout, read_json
from gateway_embedded.rest import Rest, RestError

T = TypeVar("T")

AMOUNT = 4900
CURRENCY = "EUR"
CUSTOMER = "jane.doe@example.com"
WAIT_S = 90.0
"""For each step. Documents are made at the lowest priority: on a busy machine one was seen to take 20 s."""
_POLL_S = 0.05
_PATIENT_AFTER_S = 5.0
_PATIENT_POLL_S = 0.5
_STATUS_SUCCEEDED = 1


class Story:
    """The steps of one payment. Everything goes through the edge, under the public names."""

    def __init__(self, layout: Layout, rest: Rest) -> None:
        self._layout = layout
        self._rest = rest
        stack = read_json(layout.descriptor)
        self._edge: dict[str, str] = stack["edge"]
        self._demo: dict[str, Any] = stack["demo"]
        self._merchant: dict[str, str] = stack["merchant"]
        self._mail = str(stack["mail"]["url"])
        self._stripe = str(stack["simulators"]["stripe"])
        self._with_key = f"Authorization: Bearer <demo.apiKey of {layout.shown(layout.descriptor)}>"

    async def run(self) -> Path:
        """Tells the story; where the invoice is.

        Raises:
            RestError: a step was refused.
            StackError: a step did not happen in time.
        """
        checkout = await self._step("The merchant's server creates a checkout", self._create_checkout)
        await self._step("The customer opens the payment page", lambda: self._open_page(checkout))
        started = await self._step("The page begins the payment", lambda: self._start_payment(checkout))
        await self._step("The customer pays with a card at the provider", lambda: self._pay(started))
        transaction_id = str(started["transactionId"])
        session = str(checkout["sessionPublicId"])
        await self._step("The provider's webhook arrives", lambda: self._wait_succeeded(transaction_id, session))
        await self._step("The merchant gets the signed notification", lambda: self._wait_ipn(transaction_id))
        path = await self._step("The invoice is issued and rendered", lambda: self._download_invoice(transaction_id))
        await self._step("The merchant reads what happened", lambda: self._read_timeline(transaction_id))
        await self._step("The customer gets the invoice by mail", lambda: self._wait_mail(transaction_id))
        return path

    async def offer_checkout(self) -> None:
        """Makes a checkout that is left for the reader's own browser."""
        await self._create_checkout()

    async def _step(self, title: str, work: Callable[[], Awaitable[T]]) -> T:
        print(f"\n{title}", flush=True)
        began = time.monotonic()
        outcome = await work()
        print(f"  done in {(time.monotonic() - began) * 1000:.0f} ms", flush=True)
        return outcome

    async def _create_checkout(self) -> dict[str, Any]:
        url = f"{self._edge['adminBackend']}/v1/checkouts/{self._demo['siteId']}/create"
        body = {
            "amount": AMOUNT,
            "currency": CURRENCY,
            "email": CUSTOMER,
            "externalReference": f"demo-{int(time.time() * 1000)}",
            "returnUrl": f"{self._merchant['url']}/thanks?transaction={{transactionId}}",
            "cancelUrl": f"{self._merchant['url']}/cart",
            "ipnUrl": self._merchant["ipnUrl"],
            "items": [
                {"description": "Annual plan", "quantity": 1, "unitPrice": 3900, "itemType": "digital_service"},
                {"description": "Setup", "quantity": 2, "unitPrice": 500, "itemType": "digital_service"},
            ],
        }
        for item in body["items"]:  # type: ignore[attr-defined]  # a list of the literal above
            item["vatRate"] = 19
        self._say("POST", url, self._with_key)
        made = await self._rest.json("POST", url, key=self._demo["apiKey"], json=body)
        _note(f"paymentUrl {made['paymentUrl']}")
        return made

    async def _open_page(self, checkout: dict[str, Any]) -> None:
        self._say("GET", checkout["paymentUrl"])
        page = await self._rest.send("GET", checkout["paymentUrl"], headers={"Accept": "text/html"})
        _note(f"{len(page)} bytes of HTML")

    async def _start_payment(self, checkout: dict[str, Any]) -> dict[str, Any]:
        url = f"{self._edge['mainBackend']}/api/v1/transactions/create"
        self._say("POST", url)
        address = {"name": "Jane Doe", "line1": "Hauptstrasse 5", "city": "Berlin", "postalCode": "10115"}
        body = {
            "sessionPublicId": checkout["sessionPublicId"],
            "providerId": self._demo["providers"]["stripe"]["id"],
            "billingAddress": address | {"country": "DE", "email": CUSTOMER},
        }
        started = await self._rest.json("POST", url, json=body)
        _note(f"transactionId {started['transactionId']}")
        return started

    async def _pay(self, started: dict[str, Any]) -> None:
        action = started["nextAction"]
        intent = str(action["clientSecret"]).split("_secret_")[0]
        url = f"{self._stripe}/v1/payment_intents/{intent}/confirm"
        self._say("POST", url, f"Authorization: Bearer {action['publishableKey']}")
        form = {
            "client_secret": action["clientSecret"],
            "payment_method": "pm_card_visa",
            "return_url": self._edge["mainFrontend"],
        }
        paid = await self._rest.json("POST", url, key=action["publishableKey"], form=form)
        _note(f"{intent} is {paid['status']} at the provider")

    async def _wait_succeeded(self, transaction_id: str, session: str) -> None:
        url = f"{self._edge['mainBackend']}/api/v1/transactions/{transaction_id}/status"
        proof = {"X-Checkout-Session": session}
        self._say("GET", url, f"X-Checkout-Session: {session}")

        async def succeeded() -> str | None:
            answer = await self._rest.json("GET", url, headers=proof)
            return str(answer["status"]) if answer["status"] == "succeeded" else None

        _note(f"status {await until(succeeded, 'the success of the transaction')}")

    async def _wait_ipn(self, transaction_id: str) -> None:
        url = f"{self._merchant['url']}/received?transactionId={transaction_id}"
        self._say("POST", self._merchant["ipnUrl"])
        self._say("GET", url)

        async def received() -> dict[str, Any] | None:
            entries = (await self._rest.json("GET", url))["data"]
            return next((e for e in entries if e["valid"] and e["body"].get("status") == _STATUS_SUCCEEDED), None)

        entry = await until(received, "a notification with a valid signature")
        _note(f"signature valid, body {entry['body']}")

    async def _download_invoice(self, transaction_id: str) -> Path:
        base = f"{self._edge['adminBackend']}/v1"

        async def issued() -> str | None:
            answer = await self._rest.json("GET", f"{base}/transactions/{transaction_id}", key=self._demo["apiKey"])
            return answer.get("invoiceId")

        invoice_id = await until(issued, "the invoice")
        url = f"{base}/invoices/{invoice_id}/pdf"
        self._say("GET", url, self._with_key)

        async def rendered() -> bytes | None:
            try:
                return await self._rest.send("GET", url, key=self._demo["apiKey"])
            except RestError as error:
                if error.status in (404, 409, 503):
                    return None
                raise

        pdf = await until(rendered, "the PDF, which is made when a processor is free")
        path = self._layout.run / "demo" / "invoice.pdf"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(pdf)
        number = (await self._rest.json("GET", f"{base}/invoices/{invoice_id}", key=self._demo["apiKey"]))["number"]
        _note(f"invoice {number}, {len(pdf)} bytes in {self._layout.shown(path)}")
        return path

    async def _wait_mail(self, transaction_id: str) -> None:
        """The mail in the sink that carries the invoice."""
        base = f"{self._edge['adminBackend']}/v1"
        key = self._demo["apiKey"]
        invoice_id = (await self._rest.json("GET", f"{base}/transactions/{transaction_id}", key=key))["invoiceId"]
        number = (await self._rest.json("GET", f"{base}/invoices/{invoice_id}", key=key))["number"]
        url = f"{self._mail}/mails?to={CUSTOMER}"
        self._say("GET", url)

        async def arrived() -> dict[str, Any] | None:
            mails = (await self._rest.json("GET", url))["data"]
            return next((mail for mail in mails if number in mail["subject"] and mail["attachments"]), None)

        mail = await until(arrived, "a mail with the invoice")
        file = mail["attachments"][0]
        _note(f'"{mail["subject"]}" with {file["fileName"]}, {file["bytes"]} bytes')
        _note(f"{self._mail}/mails/{mail['number']} shows it")

    async def _read_timeline(self, transaction_id: str) -> None:
        url = f"{self._edge['adminBackend']}/v1/transactions/{transaction_id}"
        self._say("GET", url, self._with_key)
        answer = await self._rest.json("GET", url, key=self._demo["apiKey"])
        for entry in answer.get("timeline", []):
            _note(f"{entry['at']}  {entry['type']:<22} {entry.get('toStatus', ''):<18} {entry.get('traceId', '')}")

    def _say(self, method: str, url: str, header: str = "") -> None:
        print(f"  {method} {url}{' with ' if header else ''}{header}", flush=True)


def _note(text: str) -> None:
    print(f"  {text}", flush=True)


async def until(check: Callable[[], Awaitable[T | None]], what: str) -> T:
    """The first answer of the check that is one; after some seconds it says what it waits for.

    Raises:
        StackError: none came in time.
    """
    began, is_patient = time.monotonic(), False
    while (found := await check()) is None:
        waited = time.monotonic() - began
        if waited > WAIT_S:
            raise StackError(f"waited {WAIT_S:.0f} s in vain for {what}; see `make logs`")
        if waited > _PATIENT_AFTER_S and not is_patient:
            _note(f"waiting for {what}, at most {WAIT_S:.0f} s")
            is_patient = True
        await asyncio.sleep(_PATIENT_POLL_S if is_patient else _POLL_S)
    return found


async def _tell(layout: Layout, *, invite: bool) -> None:
    root = layout.repository / read_json(layout.descriptor)["edge"]["caCert"]
    async with Rest(ca_cert=root) as rest:
        story = Story(layout, rest)
        began = time.monotonic()
        path = await story.run()
        print(f"\nFrom REST call to PDF in {time.monotonic() - began:.1f} s: {layout.shown(path)}")
        if invite:
            print("\nPay the next one yourself: card 4242 4242 4242 4242, any later date, any security code")
            await story.offer_checkout()


def run_demo(layout: Layout, *, once: bool) -> int:
    """Starts the stack, tells the story, and waits for Ctrl-C (unless ``once``).

    Afterwards, however it ends, what it started is ended; a stack that ran before stays up.

    Raises:
        StackError: a step failed.
    """
    print("Starting the stack …", flush=True)
    started = control.up(layout)
    try:
        print(describe(layout))
        if started:
            print("All of it ends with this demo.")
        asyncio.run(_tell(layout, invite=not (once and started)))
        if not once:
            _wait_for_interrupt(layout, started=started)
    except RestError as error:
        raise StackError(str(error)) from error
    finally:
        _leave(layout, started=started)
    return 0


def _wait_for_interrupt(layout: Layout, *, started: bool) -> None:
    print(f"\nCtrl-C ends the demo{' and the stack' if started else '; the stack stays up'}.", flush=True)
    try:
        while control.is_running(layout):
            time.sleep(1)
        print("The stack was ended by another command.")
    except KeyboardInterrupt:
        print()


def _leave(layout: Layout, *, started: bool) -> None:
    if started:
        # Before any output: the terminal may be closed.
        is_ended = control.down(layout)
        print("\nThe stack that this demo started is ended; its data is kept." if is_ended else "")
    elif control.is_running(layout):
        print(f"\nThe stack ran before and stays up. {how_to_end(layout)}")
