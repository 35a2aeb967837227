"""Invoices: numbering without gaps, PDF rendering."""
