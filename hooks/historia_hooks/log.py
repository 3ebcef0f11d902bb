"""One JSON object a line, on standard output unless told otherwise. Nothing here decides what is said."""

import sys
from typing import TextIO

import structlog


def configure(stream: TextIO | None = None) -> None:
    """Set up structlog for the whole process."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stdout),
        cache_logger_on_first_use=False,
    )


logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
