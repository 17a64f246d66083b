"""The log: one JSON object a line on stderr. Of a request it has sizes and times, never what was in it."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

REQUESTS = "inkdigits.requests"


class JsonLinesFormatter(logging.Formatter):
    """Records as JSON; what a record has as `fields` stands beside its time, level and message."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {"time": f"{moment}.{int(record.msecs):03d}Z", "level": record.levelname.lower()}
        line |= {"message": record.getMessage(), "process": record.process} | getattr(record, "fields", {})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line)


CONFIG: dict[str, Any] = {  # as logging.config.dictConfig takes it
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": "inkdigits.serving.log.JsonLinesFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines", "stream": "ext://sys.stderr"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        REQUESTS: {"level": "INFO"},
        "python_multipart": {"level": "CRITICAL"},  # it tells of bytes of broken forms; the sender is told instead
    },
}
