"""Rules of invoices: numbers, totals, states and the register. Plain Python."""
