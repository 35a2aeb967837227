"""The request with which svc-checkout-api hands a webhook over."""
