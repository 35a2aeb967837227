"""Receivers that do not take their notifications, as an answer."""

from datetime import datetime

from pydantic import Field

from admin_api.shared.web.schemas.base import View


class FailingTargetView(View):
    """One receiver of an organization's notifications that did not take those that it was sent."""

    organization_id: str = Field(description="Id of the organization.")
    host: str = Field(description="Host of the address; the rest may hold a secret of the merchant.")
    waiting: int = Field(description="Notifications with a failed attempt that wait for the next one.")
    oldest_at: datetime = Field(description="Creation of the oldest of them, in UTC.")
    next_attempt_at: datetime | None = Field(description="Time of the next attempt, in UTC.")
    http_status: int | None = Field(description="Status of the last answer; null without an answer.")
    error: str | None = Field(description="Why there was no answer, such as `timeout`.")


class FailingTargetListView(View):
    """Receivers of all organizations."""

    targets: list[FailingTargetView] = Field(
        description="At most 100, those with most waiting notifications first, of the first 1,000 that wait."
    )
    is_complete: bool = Field(description="Whether all notifications that wait were read.")
