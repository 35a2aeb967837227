"""A simulator of Mollie: payments on a hosted page, refunds, chargebacks, webhooks that are thin events."""
