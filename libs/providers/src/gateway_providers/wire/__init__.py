"""Bank transfer: no provider, only a reference that names the payment."""
