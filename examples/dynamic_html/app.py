"""A block and a form in the page of a customer, against an embedded portal: `python examples/dynamic_html/app.py`.

It prints the address of a customer's page: open it in a browser. Ctrl-C ends it. The portal does not say which language
a customer reads; with `--language nl` it is Dutch for all of them.
"""

import argparse
import asyncio
import contextlib
from collections.abc import Callable, Mapping

from aiohttp import web

from mijnklantportaal_async.callbacks import (
    BasicAuth,
    BlockRequest,
    FormSubmission,
    Html,
    PrefillRequest,
    SecretHeader,
    dynamic_html,
    form_prefill,
    form_submission,
)
from mijnklantportaal_async.callbacks.html import element, join
from mijnklantportaal_async.sandbox import Sandbox

# In earnest these come from the environment, and are entered in the portal.
BLOCK_KEY = "the key of the block"
PASSWORD = "a-long-password"  # noqa: S105 - of the embedded portal only
FORM_SECRET = "a-long-secret"  # noqa: S105 - of the embedded portal only

DUTCH = {
    "nothing yet": "nog niets",
    "How we deliver": "Hoe wij bezorgen",
    "Your wishes": "Uw wensen",
    "Rye bread on Friday": "Roggebrood op vrijdag",
    "A wish": "Een wens",
}

wishes: dict[str, list[str]] = {}  # in earnest, a table of your database


def make_app(say: Callable[[str], str]) -> web.Application:
    """The server that the portal asks.

    Args:
        say: A text in the language of those who read it.
    """

    @dynamic_html(key=BLOCK_KEY, guard=BasicAuth("portal", PASSWORD))
    async def show_wishes(block: BlockRequest) -> Html:
        """What this customer has wished for; typed by people, so it stays text."""
        items = [element("li", wish) for wish in wishes.get(block.customer_id, [say("nothing yet")])]
        more = element("a", say("How we deliver"), href="https://example.nl/delivery")
        return join(element("h3", say("Your wishes")), element("ul", items), element("p", more))

    @form_submission(guard=SecretHeader("X-Portal-Key", FORM_SECRET))
    async def take_wish(form: FormSubmission) -> None:
        """Saves a wish."""
        wishes.setdefault(form.customer_id, []).append(str(form.values.get("wish", "")))

    @form_prefill(guard=SecretHeader("X-Portal-Key", FORM_SECRET))
    async def suggest(form: PrefillRequest) -> Mapping[str, str]:
        """A first idea."""
        return {"wish": say("Rye bread on Friday")}

    app = web.Application()
    app.router.add_route("*", "/wishes", show_wishes.aiohttp)
    app.router.add_route("*", "/wish", take_wish.aiohttp)
    app.router.add_route("*", "/suggestion", suggest.aiohttp)
    return app


async def main(*, is_dutch: bool) -> None:
    """Runs both until Ctrl-C."""

    def say(text: str) -> str:
        return DUTCH[text] if is_dutch else text

    runner = web.AppRunner(make_app(say))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    async with Sandbox() as sandbox:
        address = f"http://127.0.0.1:{port}"
        headers = {"X-Portal-Key": FORM_SECRET}
        sandbox.owner_pages.add_block(url=f"http://portal:{PASSWORD}@127.0.0.1:{port}/wishes", key=BLOCK_KEY)
        sandbox.owner_pages.add_form(
            name=say("A wish"),
            fields=["wish"],
            url=f"{address}/wish",
            prefill_url=f"{address}/suggestion",
            headers=headers,
        )
        customer = sandbox.add_customer(
            company_name="Bakkerij Jansen & Zn",
            address="Teststreet 123",
            zip_code="1234AB",
            city="Amsterdam",
            primary_email="info@example.nl",
        )
        print(f"The page of a customer: {sandbox.customer_url(customer.id)}", flush=True)
        try:
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A block and a form in the page of a customer.")
    parser.add_argument("--language", choices=("en", "nl"), default="en", help="what customers read (default: en)")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(is_dutch=parser.parse_args().language == "nl"))
