"""Customer REST API, hosted pages and the endpoint for provider webhooks."""
