"""What the services know about each other: messages, subjects, streams, errors, money."""
