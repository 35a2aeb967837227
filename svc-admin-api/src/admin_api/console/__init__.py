"""The console: HTML pages for merchants' staff and operators. A client of the API of this process (ADR 0060)."""
