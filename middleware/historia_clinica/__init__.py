"""The health record's HTTP API: `create_app` builds it. Importing this package opens nothing."""

from historia_clinica.app import create_app
from historia_clinica.version import __version__

__all__ = ["__version__", "create_app"]
