"""Mail and messages to customers and to the merchant's team."""
