"""What visitors see. Every text from elsewhere is escaped, and nothing on these pages runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from connect_texts import Language, moment_in_words, say
from fastapi.responses import HTMLResponse

from mijnklantportaal_async import Appointment

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem}"
    "li{margin:.3rem 0}button{font:inherit;padding:.5rem 1.2rem}"
)


@dataclass(frozen=True)
class Visitor:
    """Who looks at a page."""

    address: str
    """The manage portal, to which the form leads in the end."""
    language: Language


def connect_page(visitor: Visitor, note: str = "") -> HTMLResponse:
    said = f"<p id='note'>{escape(say(visitor.language, note))}</p>" if note else ""
    button = _button("/connect", say(visitor.language, "Connect"))
    return _page(visitor, f"<h1>{say(visitor.language, 'Connect your portal')}</h1>{said}{button}")


def appointments_page(visitor: Visitor, appointments: Sequence[Appointment]) -> HTMLResponse:
    language = visitor.language
    lines = "".join(
        f"<li>{moment_in_words(language, one.starts_at)} {escape(one.attendee_name or one.customer_id or '')}</li>"
        for one in appointments
    )
    none = f"<p id='appointments'>{say(language, 'None this week.')}</p>"
    shown = f"<ul id='appointments'>{lines}</ul>" if lines else none
    button = _button("/disconnect", say(language, "Disconnect"))
    return _page(visitor, f"<h1>{say(language, 'Your appointments')}</h1>{shown}{button}")


def message_page(visitor: Visitor, status: int, message: str, **values: object) -> HTMLResponse:
    said, back = escape(say(visitor.language, message, **values)), say(visitor.language, "Back")
    return _page(visitor, f"<p id='note'>{said}</p><p><a href='/'>{back}</a></p>", status)


def _button(action: str, text: str) -> str:
    return f"<form method='post' action='{action}'><button>{text}</button></form>"


def _page(visitor: Visitor, body: str, status: int = 200) -> HTMLResponse:
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; form-action 'self' {visitor.address}; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    html = (
        f"<!doctype html><html lang='{visitor.language}'><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>Portal</title><style>{STYLE}</style>{body}</html>"
    )
    return HTMLResponse(html, status, headers={"Content-Security-Policy": policy, "Vary": "Accept-Language"})
