"""Operation of the installation: state of services, bus and database; dead letters; for operators alone."""
