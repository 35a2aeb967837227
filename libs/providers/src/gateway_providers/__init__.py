"""Payment providers behind one port: calls, mappings, webhook verification."""
