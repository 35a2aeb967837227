"""Rules of notifications without I/O: statuses, bodies, queues, schedule."""
