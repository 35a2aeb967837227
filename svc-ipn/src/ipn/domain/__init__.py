"""What a notification is, plainly: statuses, bodies, queues, schedule."""
