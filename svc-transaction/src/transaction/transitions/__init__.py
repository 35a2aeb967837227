"""The engine: decide what a trigger does, post, store, announce; and apply what providers report."""
