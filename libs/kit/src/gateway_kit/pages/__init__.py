"""Parts that HTML pages of all API services share: static files, forms, amounts and moments of a locale."""
