"""Forms, declared: their fields, the operation of the API that they call, and the pages that have them."""
