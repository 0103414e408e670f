"""What an error on the way out means: above all, whether something was sent. None shows what nobody is to see."""

import ssl as ssl_module

import aiohttp

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.auth import Token, conceal, proxy_secrets
from mijnklantportaal_async.calling.record import CallRecord, State
from mijnklantportaal_async.calling.wire import Request
from mijnklantportaal_async.errors import Outcome
from mijnklantportaal_async.texts.words import sentences, told_by, words

LONGEST_REASON = 200
"""Characters of another library's error that are repeated."""

_NETWORK_ERRORS = (aiohttp.ClientError, OSError)
"""What happens to anybody; with it the lines of other libraries in a traceback say nothing, and show much."""


class Failures:
    """Turns errors of other libraries into ours.

    Args:
        base_url: Of the portal.
        proxy: URL of the proxy, whose password is shown nowhere.
    """

    __slots__ = ("_base_url", "_secrets")

    def __init__(self, base_url: str, proxy: str | None) -> None:
        self._base_url = base_url
        self._secrets = () if proxy is None else proxy_secrets(proxy)

    def of(
        self,
        error: Exception,
        request: Request,
        token: Token,
        seconds: float | None,
        record: CallRecord,
        *,
        is_closed: bool,
    ) -> errors.TransportError:
        """What an error means: above all, whether something was sent."""
        secrets = (token, *self._secrets)
        reason = _reason(error, secrets)
        if record.state is State.LEFT:
            failure = self._lost(error, reason, request, seconds, is_closed=is_closed)
        else:
            failure = self._not_sent(error, reason, request, seconds)
        failure.__cause__ = _clean(error, secrets)
        return failure

    def _lost(
        self, error: Exception, reason: str, request: Request, seconds: float | None, *, is_closed: bool
    ) -> errors.TransportError:
        if isinstance(error, TimeoutError):
            limit = words(" within {seconds:g} s", seconds=seconds) if seconds is not None else ""
            return errors.CallTimeoutError(
                words("No answer{limit}", limit=limit), seconds=seconds, outcome=Outcome.UNKNOWN, **request.context()
            )
        what = (
            words("The session was closed while the call was under way")
            if is_closed
            else words("The connection was lost")
        )
        if request.form is not None and _is_of_a_file(error):
            what = words("The file could not be sent to its end")
        return errors.ConnectionLostError(words("{what}: {reason}", what=what, reason=reason), **request.context())

    def _not_sent(
        self, error: Exception, reason: str, request: Request, seconds: float | None
    ) -> errors.TransportError:
        message, is_permanent = words("It could not be sent: {reason}", reason=reason), True
        match error:
            case aiohttp.ClientConnectorCertificateError() | ssl_module.SSLCertVerificationError():
                message = words(
                    "The certificate of {base_url} is not accepted ({reason}); give the right CA with "
                    "ssl=, or find out who answers in the portal's place",
                    base_url=self._base_url,
                    reason=reason,
                )
            case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
                where = words("the proxy") if isinstance(error, aiohttp.ClientProxyConnectionError) else self._base_url
                message, is_permanent = words("No connection to {where}: {reason}", where=where, reason=reason), False
            case aiohttp.ClientHttpProxyError():
                message, is_permanent = words("The proxy refused with status {status}", status=error.status), False
            case TimeoutError():
                limit = words(" within {seconds:g} s", seconds=seconds) if seconds is not None else ""
                return errors.CallTimeoutError(
                    words("Not sent{limit}", limit=limit),
                    seconds=seconds,
                    outcome=Outcome.NOT_SENT,
                    **request.context(),
                )
            case aiohttp.ClientError() | OSError():
                message, is_permanent = words("The connection broke before sending: {reason}", reason=reason), False
            case RuntimeError() if "Session is closed" in reason:  # no class of aiohttp's own says so
                message = words("The ClientSession of http= is closed")
            case _:
                pass
        return errors.ConnectError(message, is_permanent=is_permanent, **request.context())

    def of_body(self, error: Exception, request: Request, token: Token, seconds: float | None) -> errors.TransportError:
        """Why an answer is there in part only."""
        secrets = (token, *self._secrets)
        failure: errors.TransportError
        if isinstance(error, TimeoutError):
            limit = words(" within {seconds:g} s", seconds=seconds) if seconds is not None else ""
            failure = errors.CallTimeoutError(
                words("The answer did not end{limit}", limit=limit),
                seconds=seconds,
                outcome=Outcome.UNKNOWN,
                **request.context(),
            )
        else:
            failure = errors.ConnectionLostError(
                words("The answer broke off: {error}", error=_reason(error, secrets)), **request.context()
            )
        failure.__cause__ = _clean(error, secrets)
        return failure


def _is_of_a_file(error: BaseException) -> bool:
    # Most sessions never send a file.
    from mijnklantportaal_async.calling.sources import SourceError

    return isinstance(error, SourceError)


def _reason(error: BaseException, secrets: tuple[Token, ...]) -> str:
    """Another library's error in a few words; its own text where it has one."""
    told = told_by(error)
    text = conceal(told, secrets)
    if len(text) > LONGEST_REASON:
        text = f"{text[:LONGEST_REASON]}..."
    # Where nothing had to be hidden, it can still be said in another language.
    return sentences(type(error).__name__, told if text == told else text, separator=": ")


def _clean(error: BaseException, secrets: tuple[Token, ...]) -> BaseException:
    """An error that may be kept as the cause of another: without request headers, the key or a password.

    That holds for what it was caused by as well, and for the local variables of aiohttp's lines.
    """
    if isinstance(error, aiohttp.ClientResponseError) or _shows(error, secrets):
        # It holds the request. What it says is kept.
        return aiohttp.ClientError(_reason(error, secrets))
    if isinstance(error, _NETWORK_ERRORS):
        error.__traceback__ = None
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    error.__cause__ = None if cause is None else _clean(cause, secrets)
    error.__context__ = None
    return error


def _shows(error: BaseException, secrets: tuple[Token, ...]) -> bool:
    text = f"{error} {error!r} {vars(error)!r}"
    return any(form in text for secret in secrets for form in secret.forms())
