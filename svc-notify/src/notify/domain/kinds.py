"""Kinds of messages."""

from typing import Literal

from gateway_contracts.notification_fields import NoticeKind

MessageKind = NoticeKind | Literal["operator.invited"]
"""Those of organizations, which may have templates of their own for them, and that of the installation."""
