"""Bodies of `multipart/form-data` (RFC 7578), as browsers and clients send them."""

from __future__ import annotations

from email.message import Message
from typing import Any

import attrs

from mijnklantportaal_async.sandbox.answers import refuse


@attrs.frozen
class UploadedFile:
    """A part of a form that is a file."""

    name: str
    media_type: str
    content: bytes


def read_form(body: bytes, content_type: str) -> dict[str, list[Any]]:
    """Read the parts of a form: texts and files, by name.

    Raises:
        Refusal: 400 when it is none.
    """
    boundary = _headers(f"Content-Type: {content_type}").get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        raise refuse(400, "The form has no boundary.")
    first, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("latin-1", "replace"))
    if first or not parts or not parts[-1].startswith(b"--"):
        raise refuse(400, "The form is cut off or has another boundary than it says.")
    fields: dict[str, list[Any]] = {}
    for part in parts[:-1]:
        head, blank, content = part.lstrip(b" \t").removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = _headers(head.decode("utf-8", "replace"))
        name = headers.get_param("name", header="content-disposition")
        if not blank or not isinstance(name, str):
            raise refuse(400, "A part of the form has no name.")
        filename = headers.get_filename()
        value = content.decode("utf-8", "replace") if filename is None else _file(filename, headers, content)
        fields.setdefault(name.removesuffix("[]"), []).append(value)
    return fields


def _file(name: str, headers: Message, content: bytes) -> UploadedFile:
    return UploadedFile(name, headers.get_content_type() if headers["content-type"] else "text/plain", content)


def _headers(text: str) -> Message:
    message = Message()
    for line in text.split("\r\n"):
        name, _, value = line.partition(":")
        message[name.strip() or "x"] = value.strip()
    return message
