"""Customer REST API, hosted pages and the door for provider webhooks."""
