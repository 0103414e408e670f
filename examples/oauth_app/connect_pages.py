"""What visitors see. Every text from elsewhere is escaped, and nothing on these pages runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

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


def connect_page(visitor: Visitor, note: str = "") -> HTMLResponse:
    said = f"<p id='note'>{escape(note)}</p>" if note else ""
    return _page(visitor, f"<h1>Connect your portal</h1>{said}{_button('/connect', 'Connect')}")


def appointments_page(visitor: Visitor, appointments: Sequence[Appointment]) -> HTMLResponse:
    lines = "".join(
        f"<li>{one.starts_at:%A %d %B, %H:%M} {escape(one.attendee_name or one.customer_id or '')}</li>"
        for one in appointments
    )
    shown = f"<ul id='appointments'>{lines}</ul>" if lines else "<p id='appointments'>None this week.</p>"
    return _page(visitor, f"<h1>Your appointments</h1>{shown}{_button('/disconnect', 'Disconnect')}")


def message_page(visitor: Visitor, message: str, status: int) -> HTMLResponse:
    return _page(visitor, f"<p id='note'>{escape(message)}</p><p><a href='/'>Back</a></p>", status)


def _button(action: str, text: str) -> str:
    return f"<form method='post' action='{action}'><button>{text}</button></form>"


def _page(visitor: Visitor, body: str, status: int = 200) -> HTMLResponse:
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; form-action 'self' {visitor.address}; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    html = (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Portal</title><style>{STYLE}</style>{body}</html>"
    )
    return HTMLResponse(html, status, headers={"Content-Security-Policy": policy})
