"""What can go wrong, as a few kinds of error, each one sentence that its reader can act on.

The kind says what the caller may do about it; the message says what happened. Nothing here knows about HTTP or
exit codes: `api/problems.py` and `cli/verbs.py` each map kinds to their own, in one place.
"""

from __future__ import annotations


class RegistersError(Exception):
    """The root of all errors this project raises on purpose; its message is written for a person."""

    kind = "error"


class Invalid(RegistersError):
    """The input breaks a rule; it can be mended and sent again."""

    kind = "invalid"


class NotFound(RegistersError):
    """There is no such register, record, entry, item or state."""

    kind = "not-found"


class Renamed(NotFound):
    """What was called `old` is now called `new`."""

    kind = "renamed"

    def __init__(self, sentence: str, old: str = "", new: str = "") -> None:
        super().__init__(sentence)
        self.old, self.new = old, new


class Gone(RegistersError):
    """It was here and was taken away on purpose: a retired register, a redacted item."""

    kind = "gone"


class Retired(Gone):
    """The register `name` is retired. `successor` is what to use instead: a register's name, a URL, or nothing."""

    def __init__(self, sentence: str, name: str = "", successor: str | None = None) -> None:
        super().__init__(sentence)
        self.name, self.successor = name, successor


class Unauthorized(RegistersError):
    """It takes an API key or signing in, and there is neither, or not one that is good now."""

    kind = "unauthorized"


class Forbidden(RegistersError):
    """It is known who asks, and this is not for them."""

    kind = "forbidden"


class TooOften(RegistersError):
    """It was tried too often; in `seconds` it may be tried again."""

    kind = "too-many-requests"

    def __init__(self, sentence: str, seconds: int = 1) -> None:
        super().__init__(sentence)
        self.seconds = seconds


class Conflict(RegistersError):
    """The act does not fit what is already there: a name that is taken, a history that differs."""

    kind = "conflict"


class Moved(Conflict):
    """The register has moved on since the caller looked; look again and decide again."""

    kind = "moved"


class Overtaken(Conflict):
    """It has changed since the caller saw it, who asked that nothing be done then."""

    kind = "precondition-failed"


class TooLarge(RegistersError):
    """The input or the answer is over a stated limit."""

    kind = "too-large"


class Unavailable(RegistersError):
    """The service cannot do it now (a busy lock, an older schema); the message says what would help."""

    kind = "unavailable"


class NotSupported(RegistersError):
    """What is asked for is not something this register or service does."""

    kind = "not-supported"


class Corrupt(RegistersError):
    """What is stored does not agree with itself: a hash, a chain, a root or a count is wrong."""

    kind = "corrupt"
