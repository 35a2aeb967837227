"""Failures of a backup or of its restoration that an operator can act on."""


class BackupError(Exception):
    """One sentence for the operator, without a full stop."""


class NoBackup(BackupError):
    """The file cannot be trusted: another passphrase, or it was altered, cut off or is no backup at all."""
