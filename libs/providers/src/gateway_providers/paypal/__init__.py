"""PayPal: orders that are captured after the customer's approval; webhooks verified by certificate."""
