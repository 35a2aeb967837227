"""System of record for checkouts and transactions; talks to providers."""
