"""Words for messages to people: why one was not taken, and addresses of which little is shown."""

from collections.abc import Mapping
from typing import Any, Final

from admin_api.console.translations import N_

_FAILURES: Final[Mapping[str, str]] = {
    "refused": N_("The recipient's server refused the message."),
    "login_refused": N_("The mail server refused the log-in. Check user and password."),
    "not_connected": N_("There was no connection to the server."),
    "name_not_found": N_("The server's name is unknown."),
    "broken_answer": N_("The server's answer cannot be read."),
    "busy": N_("Too many messages were on their way to this server."),
    "timeout": N_("The server did not answer in time."),
    "disconnected": N_("The server closed the connection."),
    "tls_failed": N_("No safe connection to the server (TLS)."),
    "plain_refused": N_("The installation sends mail with TLS alone."),
    "address_refused": N_("The address cannot be written to."),
    "forbidden_target": N_("The address of the server is not allowed."),
    "document_not_ready": N_("The document was not ready yet."),
    "document_missing": N_("There is no such document any more."),
    "mail_not_configured": N_("There is no mail server."),
    "channel_unavailable": N_("The installation has no such channel."),
    "erased": N_("Its content held a secret and was erased."),
    "template_refused": N_("The template cannot be used."),
}
_CODES: Final[Mapping[str, str]] = {
    "5.1.1": N_("There is no such mailbox."),
    "5.1.2": N_("There is no such domain."),
    "5.2.1": N_("The mailbox takes no messages."),
    "4.2.2": N_("The mailbox is full."),
    "5.2.2": N_("The mailbox is full."),
    "5.3.4": N_("The message is too large."),
    "5.7.1": N_("The server does not take messages of this sender."),
    "5.7.26": N_("The sender is not proved (SPF, DKIM)."),
    "4.7.1": N_("The server asks to come again later."),
}
"""Status codes of RFC 3463 that say more than the reply."""


def failure_of(error: str) -> str:
    """The reason of a failed attempt in English, to be translated where it is shown; others stand for themselves."""
    return _FAILURES.get(error, error.replace("_", " "))


def refusal_of(attempt: Mapping[str, Any]) -> str:
    """The same of one attempt, by the server's own code where it says more."""
    return _CODES.get(attempt["enhancedCode"] or "") or failure_of(attempt["error"])


def masked(address: str) -> str:
    """Only its first letter and the domain."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}" if local else "•••"
