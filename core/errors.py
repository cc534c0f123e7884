"""Errors that carry a sentence for the person at the screen."""


class UserError(Exception):
    """Something a person can mend. The message names the file or key and the remedy; it is shown as it is."""


class Cancelled(Exception):  # noqa: N818 - a request that was granted, not a fault
    """The person asked to stop and the work has stopped at a safe boundary."""
