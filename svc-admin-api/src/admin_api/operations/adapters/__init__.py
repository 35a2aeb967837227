"""The processes, the bus and the database as this service sees them."""
