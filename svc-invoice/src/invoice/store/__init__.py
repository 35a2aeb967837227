"""MongoDB: invoices, counters, the register."""
