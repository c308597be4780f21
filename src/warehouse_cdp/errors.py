"""Every error this package raises on purpose.

One root, and the recovery is in the type: a caller (an orchestrator, the command line) decides
by class whether to retry, to ask the user to mend something, or to stop. Messages say what is
wrong, where, what would be valid and the next step; they never hold personal data.
"""

from __future__ import annotations


class CdpError(Exception):
    """Root of all deliberate errors; ``exit_code`` is what the command line returns."""

    exit_code = 1


class ConfigurationError(CdpError):
    """Something the user wrote (a variable, a profile, an option) is wrong: mend it, run again."""

    exit_code = 2


class InputDataError(CdpError):
    """Raw data or a file handed in does not have the shape that was declared."""

    exit_code = 3


class StateRefusedError(CdpError):
    """State would be changed in a way that looks like a mistake; nothing was written."""

    exit_code = 4


class WarehouseBusyError(CdpError):
    """The warehouse is locked by another process; the same call may work later."""

    exit_code = 5


class DestinationError(CdpError):
    """A destination could not take a delivery; what was not acknowledged stays planned."""

    exit_code = 6


class BatchRefusedError(DestinationError):
    """A batch was refused as a whole and nothing of it applied: halve it, or blame its one row.

    ``code`` is the destination's own code or a status; it never holds a value.
    """

    def __init__(self, message: str, code: str) -> None:
        """Keep the code for the log of the row that is found to be bad."""
        super().__init__(message)
        self.code = code


class DestinationUnauthorisedError(DestinationError):
    """The credentials were refused: nothing was applied, and no other batch would be."""


class DestinationUnavailableError(DestinationError):
    """Given up after retries (throttled, down, timed out): what was applied is not known.

    ``retry_after`` is what it asked to wait, in seconds, if it said so.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        """Keep how long the destination asked to be left alone."""
        super().__init__(message)
        self.retry_after = retry_after
