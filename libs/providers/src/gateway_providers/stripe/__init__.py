"""Stripe: PaymentIntents and signed webhooks."""
