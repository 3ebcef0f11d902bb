"""The two ways the local mode gives up: every message is a Spanish sentence for the person at the terminal."""


class LocalError(Exception):
    """Something failed while working; the exit code is 1."""

    exit_code = 1


class ConfigurationError(LocalError):
    """What was asked for cannot be had on this machine as it is; the exit code is 78 (EX_CONFIG)."""

    exit_code = 78
