"""Rules about who may pay, and how."""
