"""The state of an installation: checks of processes, bus and database, compared with thresholds.

`gateway doctor` writes the findings, the console shows them. Each check has a deadline and hides no other.
"""
