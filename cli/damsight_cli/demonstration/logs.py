"""Sends what the parts log to a file, so that the demo's own words stay readable."""

import logging
from pathlib import Path

import orjson
import structlog


def log_to(path: Path) -> None:
    """Send structlog's lines, as JSON, and the libraries' warnings to a file.

    The file stays open as long as the process lives: threads may log until its end.
    """
    written = path.open("ab")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=lambda value, **_: orjson.dumps(value, default=str)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(written),
    )
    logging.basicConfig(filename=path, level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
