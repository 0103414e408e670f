"""Files on their way up: the form that a body with files is sent as.

Source: https://www.rfc-editor.org/rfc/rfc7578
"""

import os
from collections.abc import Mapping
from typing import Any

from mijnklantportaal_async import models
from mijnklantportaal_async.values.serde import write


def encode_form(fields: Mapping[str, Any]) -> tuple[bytes, str]:
    """`multipart/form-data`, and what it is: files as they are, a list as several parts, everything else as text."""
    boundary = os.urandom(16).hex()
    parts: list[bytes] = []
    for name, value in fields.items():
        for item in value if isinstance(value, list) else [value]:  # pyright: ignore[reportUnknownVariableType]
            head, content = _part(name, item)
            parts += [f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode(), content, b"\r\n"]
    return b"".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"


def _part(name: str, value: Any) -> tuple[str, bytes]:
    if isinstance(value, models.FileContent):
        # As browsers do: UTF-8 as it is, and nothing escaped but the quote. Line breaks were refused before.
        shown = value.name.replace('"', "%22")
        return f'name="{name}"; filename="{shown}"\r\nContent-Type: {value.media_type}', value.content
    if isinstance(value, bool):
        # Nobody documents it. Services made with Laravel, as this one seems to be, refuse the word `true` in a form.
        return f'name="{name}"', b"1" if value else b"0"
    # A text is itself; what is no text reads as in JSON: 21, {"firstName": ...}.
    text = value if isinstance(value, str) else write(value).decode().strip('"')
    return f'name="{name}"', text.encode()
