"""Electronic invoices after EN 16931: from the content of a document to its XML, and what is missing for it."""
