"""Behaves like the parts of Stripe that the gateway uses: API, webhooks, Stripe.js."""
