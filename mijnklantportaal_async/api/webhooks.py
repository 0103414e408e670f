"""The Webhooks API: the portal calls a URL of yours when something happens.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/webhooks-api
"""

from __future__ import annotations

from mijnklantportaal_async import models
from mijnklantportaal_async.calling.body import Body
from mijnklantportaal_async.calling.operations import Operations
from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.calling.wire import Look, creating, reading

READ, WRITE = "webhooks.read", "webhooks.write"

LIST_WEBHOOKS = reading("list_webhooks", "/webhooks", scope=READ)
CREATE_WEBHOOK = creating("create_webhook", "/webhooks", scope=WRITE, look=Look(LIST_WEBHOOKS, ("url", "type")))
GET_WEBHOOK = reading("get_webhook", "/webhooks/{webhook_id}", scope=READ)


class Webhooks(Operations):
    """The coroutines of the Webhooks API. It documents no way to change or remove a webhook."""

    def list_webhooks(self, *, page: int = 1) -> Pager[models.Webhook]:
        """The active webhooks, page by page.

        Args:
            page: The page to begin with.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/webhooks-api/list-webhook-records
        """
        return self._list(LIST_WEBHOOKS, models.Webhook, page)

    async def create_webhook(self, *, url: str, type: models.WebhookEvent | str) -> models.Webhook:
        """Has the portal call a URL for one type of event, exactly once: after a lost answer it looks in the list.

        Args:
            url: URL to call.
            type: The event to listen to; one per webhook.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/webhooks-api/create-webhook-record
        """
        return await self._ask(CREATE_WEBHOOK, models.Webhook, Body().url(url=url).text(type=type))

    async def get_webhook(self, webhook_id: str) -> models.Webhook:
        """One webhook, with its secret.

        Args:
            webhook_id: `wbh_...`.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/webhooks-api/get-webhook-record
        """
        return await self._ask(GET_WEBHOOK, models.Webhook, webhook_id=webhook_id)
