"""An application that owners connect their portals to, and that then shows each owner their own appointments.

    python examples/oauth_app --sandbox     # an embedded portal with a consent page; nothing real happens
    python examples/oauth_app               # MIJNKLANTPORTAAL_CLIENT_ID, _CLIENT_SECRET and _REDIRECT_URI

Tokens lie in files, so that they are there again after a restart, and several processes can share them.
"""

import argparse
import asyncio
import logging
import os
import socket
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import uvicorn
from connect_app import create_app

from mijnklantportaal_async.oauth import FileStateStore, FileTokenStore, OAuthApp
from mijnklantportaal_async.portals import Portals


async def serve(*, use_sandbox: bool, port: int, folder: Path | None) -> None:
    async with AsyncExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", port)))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="oauth-app-")))
        settings: dict[str, Any]
        where: dict[str, Any] = {}
        if use_sandbox:
            from mijnklantportaal_async.sandbox import Sandbox  # only here: your server needs no sandbox

            sandbox = await stack.enter_async_context(Sandbox(seeded=True))
            settings = {
                "client_id": "sandbox-app",
                "client_secret": "sandbox-secret",
                "redirect_uri": f"{address}/callback",
                "base_url": sandbox.manage_url,
            }
            where = {"base_url": sandbox.url}
            print(f"What the owner has let in: {sandbox.manage_url}/oauth/applications", flush=True)
        else:
            settings = {
                # To the letter as it is registered, and never made from a request.
                name: os.environ.get(f"MIJNKLANTPORTAAL_{name.upper()}", "")
                for name in ("client_id", "client_secret", "redirect_uri")
            }
        app = await stack.enter_async_context(
            OAuthApp(
                tokens=FileTokenStore(folder / "tokens"),
                states=FileStateStore(folder / "begun"),
                scopes=["appointments.read"],
                **settings,
            )
        )
        portals = await stack.enter_async_context(Portals(app, **where))
        print(f"The application: {address}/", flush=True)
        # Its own access log would keep the query of the callback, which has the code in it.
        config = uvicorn.Config(create_app(app, portals), log_level="warning", access_log=False)
        await uvicorn.Server(config).serve(sockets=[listening])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="oauth_app", description="Connect your portal.")
    parser.add_argument("--sandbox", action="store_true", help="an embedded portal; nothing real happens")
    parser.add_argument("--port", type=int, default=8000, help="port of the page on 127.0.0.1 (default: 8000)")
    parser.add_argument("--folder", type=Path, help="keep the tokens here; otherwise they go when it ends")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    # The sandbox's, too: the queries that it would keep have states and codes in them.
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    try:
        asyncio.run(serve(use_sandbox=options.sandbox, port=options.port, folder=options.folder))
    except KeyboardInterrupt:
        return 0
    except (ValueError, OSError) as error:
        print(f"Cannot start: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
