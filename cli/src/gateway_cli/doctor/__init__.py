"""``gateway doctor``: the checks of a running installation. Each has a deadline and hides no other."""
