"""HTTP: the API, the hosted page, the control API."""
