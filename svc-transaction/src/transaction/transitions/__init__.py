"""The engine: decide what a trigger does, post, store, emit the event; and apply what providers report."""
