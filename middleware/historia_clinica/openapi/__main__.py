"""Prints the document, for docs/openapi.json. Needs neither a database nor an environment."""

import sys

from historia_clinica.app import create_app
from historia_clinica.openapi import document
from historia_clinica.settings import Settings

if __name__ == "__main__":
    settings = Settings(postgres_host="localhost", postgres_password="-", historia_signing_key="-" * 32)  # noqa: S106
    sys.stdout.write(document(create_app(settings)))
