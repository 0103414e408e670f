"""The JSON of a request that came in: an object, or an error that says why not."""

from typing import Any, cast

import orjson

from mijnklantportaal_async.texts.words import words

_EXACT = 2**63
"""Beyond it a number has come as a float, and its last digits are gone."""


class NotAnObjectError(ValueError):
    """The body is no JSON object; its text says why, and repeats nothing of it."""


def read_object(body: bytes) -> dict[str, Any]:
    """The object that a body is.

    Raises:
        NotAnObjectError: It is none: not JSON, not UTF-8, nested too deeply, with numbers that nobody can keep.
    """
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        # Its own text may show a piece of the body.
        if not body:
            raise NotAnObjectError(words("the body is not JSON: it is empty")) from None
        raise NotAnObjectError(
            words("the body is not JSON at line {line}, column {column}", line=error.lineno, column=error.colno)
        ) from None
    if not isinstance(data, dict):
        raise NotAnObjectError(words("the body is JSON, but no object"))
    document = cast("dict[str, Any]", data)
    if not _is_exact(document):
        raise NotAnObjectError(words("the body has a number of more than 18 digits, which cannot be kept exactly"))
    return document


def _is_exact(document: dict[str, Any]) -> bool:
    # Without recursion: what came may be nested a thousand times.
    waiting: list[Any] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(cast("dict[str, Any]", value).values())
        elif isinstance(value, list):
            waiting.extend(value)  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(value, float) and abs(value) >= _EXACT:
            return False
    return True
