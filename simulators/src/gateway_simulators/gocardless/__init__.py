"""GoCardless: billing requests with a hosted page, mandates, payments that take days, refunds, batched webhooks."""
