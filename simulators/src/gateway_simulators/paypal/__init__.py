"""PayPal: orders with an approval page, captures, refunds, disputes, webhooks signed by certificate."""
