"""The command line of operators: a thin adapter over the libraries and the use cases of the services."""
