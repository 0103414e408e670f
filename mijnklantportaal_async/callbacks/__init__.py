"""What the portal asks of a server of yours: calls of webhooks, blocks of Dynamic HTML, forms.

Nothing of it is imported before it is used. `SqlSeen` needs the extra `callbacks`.
"""

from typing import TYPE_CHECKING

from mijnklantportaal_async.values.late_import import late_import

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

if not TYPE_CHECKING:
    # Under this name a type checker would take every attribute for granted.
    __getattr__ = late_import(__name__, _NAMES, "callbacks", modules=("html", "webhooks"))


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
