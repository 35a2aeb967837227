"""What a notification is, plainly: statuses, bodies, lanes, schedule."""
