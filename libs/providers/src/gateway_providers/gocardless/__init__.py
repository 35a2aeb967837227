"""GoCardless: a mandate through a billing request, then a payment on it; signed batches of events."""
