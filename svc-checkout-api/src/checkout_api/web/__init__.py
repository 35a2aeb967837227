"""HTTP: the customer's API and the hosted pages."""
