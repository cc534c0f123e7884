"""The log of a workspace: `sensorium.log`, where the details of what went wrong stand."""

from __future__ import annotations

import logging
import logging.handlers
from collections.abc import Iterator
from contextlib import contextmanager

from core.workspace import Workspace

BYTES = 2_000_000  # then the file is set aside once


@contextmanager
def log_into(workspace: Workspace) -> Iterator[None]:
    """While entered, what any part logs is written into the workspace, if this programme may write there."""
    if not workspace.writable:
        yield
        return
    handler = logging.handlers.RotatingFileHandler(
        workspace.root / "sensorium.log", maxBytes=BYTES, backupCount=1, encoding="utf-8", delay=True
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.setLevel(logging.INFO)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()
