"""What is wrong with a request that came in. Each is a `MijnKlantportaalError`, pickles, and shows no secret."""

from typing import Any, ClassVar

from mijnklantportaal_async.errors import MijnKlantportaalError, one_line


class CallbackError(MijnKlantportaalError):
    """A request that came in, from the portal or from a stranger, is not taken.

    Attributes:
        status: The HTTP status to answer with.
    """

    status: ClassVar[int] = 400

    def __str__(self) -> str:
        # Nothing was asked of the portal, so there is no effect to tell of.
        advice = self._advice()
        return f"{one_line(self._headline())}." + (f" {one_line(advice)}" if advice else "")


class WebhookError(CallbackError):
    """The call of a webhook is not taken."""


class SignatureError(WebhookError):
    """It cannot be told from a call of a stranger: the signature is missing, there twice, or fits no secret."""

    status = 401
    advice = "If the portal itself called, check the secrets: get_webhook() shows the one of a webhook."


class PayloadError(WebhookError):
    """The portal called, and the body is no JSON object.

    Attributes:
        body: The raw body.
    """

    advice = "The raw body is in `.body`."

    def __init__(self, message: str, *, body: bytes = b"", **context: Any) -> None:
        super().__init__(message, **context)
        self.body = body


class PageRequestError(CallbackError):
    """A request for a form or a block of a page is not as documented.

    Attributes:
        header: The header that is missing, empty or there twice, if it is one.
    """

    def __init__(self, message: str, *, header: str = "", **context: Any) -> None:
        super().__init__(message, **context)
        self.header = header
