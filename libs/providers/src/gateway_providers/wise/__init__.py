"""Wise: bank transfers to account details at Wise, told by signed hints."""
