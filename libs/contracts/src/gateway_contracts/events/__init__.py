"""Events: one class per versioned type, additive only inside a version."""
