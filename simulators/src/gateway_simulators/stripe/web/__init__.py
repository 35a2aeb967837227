"""The HTTP surface: Stripe's API, Stripe.js with its frames, and the control API."""
