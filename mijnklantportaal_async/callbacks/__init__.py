"""What the portal asks of a server of yours: calls of webhooks, blocks of Dynamic HTML, forms.

Nothing of it is imported before it is used. `SqlSeen` needs SQLAlchemy, which the extra `batch` brings.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mijnklantportaal_async.callbacks import html as html
    from mijnklantportaal_async.callbacks import webhooks as webhooks
    from mijnklantportaal_async.callbacks.blocks import BlockRequest, DynamicHtmlEndpoint, checksum, dynamic_html
    from mijnklantportaal_async.callbacks.errors import (
        CallbackError,
        PageRequestError,
        PayloadError,
        SignatureError,
        WebhookError,
    )
    from mijnklantportaal_async.callbacks.events import (
        AnyEvent,
        AppointmentEvent,
        CustomerEvent,
        Event,
        InvoiceEvent,
        OfferEvent,
        PaymentLinkEvent,
        SubscriptionEvent,
        SubscriptionPaymentEvent,
        TicketEvent,
        UnknownEvent,
    )
    from mijnklantportaal_async.callbacks.form_values import FormValues
    from mijnklantportaal_async.callbacks.forms import (
        FormEndpoint,
        FormSubmission,
        PrefillEndpoint,
        PrefillRequest,
        form_prefill,
        form_submission,
    )
    from mijnklantportaal_async.callbacks.guards import BasicAuth, Guard, SecretHeader, SecretPath
    from mijnklantportaal_async.callbacks.html import Html
    from mijnklantportaal_async.callbacks.incoming import BodyLimits
    from mijnklantportaal_async.callbacks.seen import Claim, MemorySeen, SeenStore
    from mijnklantportaal_async.callbacks.seen_sql import SqlSeen
    from mijnklantportaal_async.callbacks.webhook_endpoint import WebhookEndpoint
    from mijnklantportaal_async.callbacks.webhooks import parse, sign

_NAMES = {
    "blocks": "BlockRequest DynamicHtmlEndpoint checksum dynamic_html",
    "errors": "CallbackError PageRequestError PayloadError SignatureError WebhookError",
    "events": (
        "AnyEvent AppointmentEvent CustomerEvent Event InvoiceEvent OfferEvent PaymentLinkEvent SubscriptionEvent "
        "SubscriptionPaymentEvent TicketEvent UnknownEvent"
    ),
    "form_values": "FormValues",
    "forms": "FormEndpoint FormSubmission PrefillEndpoint PrefillRequest form_prefill form_submission",
    "guards": "BasicAuth Guard SecretHeader SecretPath",
    "html": "Html",
    "incoming": "BodyLimits",
    "seen": "Claim MemorySeen SeenStore",
    "seen_sql": "SqlSeen",
    "webhook_endpoint": "WebhookEndpoint",
    "webhooks": "parse sign",
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name in ("html", "webhooks"):
        return import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f"{__name__}.{_HOMES[name]}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("mijnklantportaal_async"):
            raise
        raise ModuleNotFoundError(
            f"{name} needs {error.name}: pip install 'mijnklantportaal-async[batch]'", name=error.name
        ) from error
    found = getattr(module, name)
    globals()[name] = found
    return found


__all__ = [
    "AnyEvent",
    "AppointmentEvent",
    "BasicAuth",
    "BlockRequest",
    "BodyLimits",
    "CallbackError",
    "Claim",
    "CustomerEvent",
    "DynamicHtmlEndpoint",
    "Event",
    "FormEndpoint",
    "FormSubmission",
    "FormValues",
    "Guard",
    "Html",
    "InvoiceEvent",
    "MemorySeen",
    "OfferEvent",
    "PageRequestError",
    "PayloadError",
    "PaymentLinkEvent",
    "PrefillEndpoint",
    "PrefillRequest",
    "SecretHeader",
    "SecretPath",
    "SeenStore",
    "SignatureError",
    "SqlSeen",
    "SubscriptionEvent",
    "SubscriptionPaymentEvent",
    "TicketEvent",
    "UnknownEvent",
    "WebhookEndpoint",
    "WebhookError",
    "checksum",
    "dynamic_html",
    "form_prefill",
    "form_submission",
    "parse",
    "sign",
]
