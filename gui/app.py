"""The way into the window. Imports no Qt: what Qt needs is looked for first, because Qt aborts where it is missing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from gui.platform_checks import display_problem


def main(workspace: Path | None = None) -> int:
    """Open the window and return the exit code: 0, or 1 with a sentence where no window can be opened.

    Args:
        workspace: the folder to open; without it the one open last, else the default.
    """
    problem = display_problem(os.environ)
    if problem:
        print(problem, file=sys.stderr)
        return 1
    from gui.session import run

    return run(workspace)
