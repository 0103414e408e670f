"""What errors of calls mean for a row that may have been sent."""

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.exchange import TooLateError
from mijnklantportaal_async.calling.lookup import NotYetError
from mijnklantportaal_async.texts.words import sentences


def may_pass(error: errors.MijnKlantportaalError | NotYetError) -> bool:
    """Whether a look that failed will do better later: a portal that is away, a key that is being replaced."""
    if isinstance(error, NotYetError):
        return True
    cause = error.look_error if isinstance(error, errors.OutcomeUnknownError) else error
    if cause is None:
        # It was not the look that failed: what it showed leaves it open. Or it was the user's own code.
        return error.__cause__ is not None and not isinstance(error.__cause__, errors.MijnKlantportaalError)
    if isinstance(cause, errors.APIStatusError) and not isinstance(cause, errors.AuthenticationError):
        return isinstance(cause, errors.ServerError | errors.RateLimitedError)
    passing = errors.TransportError | errors.RateLimitError | errors.AuthenticationError | errors.DecodeError
    return isinstance(cause, passing)


def came_too_late(error: errors.MijnKlantportaalError) -> bool:
    """Whether the request was not sent, because its slot of the rate limit was over."""
    return isinstance(error.__cause__, TooLateError)


def text_of(error: Exception) -> str:
    """What an error says, without the advice for those who made the call: the row looks after itself."""
    if isinstance(error, errors.MijnKlantportaalError):
        return sentences(error.operation, error.message, separator=": ")
    return f"{type(error).__name__}: {error}"
