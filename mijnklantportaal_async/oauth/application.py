"""`OAuthApp`: an application that owners connect their portals to."""

import asyncio
import random
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self
from weakref import WeakValueDictionary

from mijnklantportaal_async.calling.addresses import check_base_url
from mijnklantportaal_async.calling.auth import HIDDEN, hide
from mijnklantportaal_async.calling.observe import Observer
from mijnklantportaal_async.calling.settings import full_user_agent
from mijnklantportaal_async.oauth import browser
from mijnklantportaal_async.oauth.browser import Callback, Prompt, Start
from mijnklantportaal_async.oauth.errors import CodeRefusedError
from mijnklantportaal_async.oauth.memory import MemoryStateStore
from mijnklantportaal_async.oauth.portal_auth import PortalAuth
from mijnklantportaal_async.oauth.stores import Begun, StateStore, TokenStore
from mijnklantportaal_async.oauth.token_endpoint import TLS, Refusal, TokenEndpoint
from mijnklantportaal_async.oauth.tokens import PortalTokens
from mijnklantportaal_async.values.checks import check_setting, check_text
from mijnklantportaal_async.values.clock import Clock

if TYPE_CHECKING:
    from mijnklantportaal_async.events import Hook

DEFAULT_MANAGE_URL = "https://manage.mijnklantportaal.nl"


class OAuthApp:
    """An application of the Developer portal, and the tokens of all who have connected a portal to it.

    Making one needs no event loop and sends nothing. Use it as `async with`, or await `aclose()` at the end. Processes
    and machines that share a `tokens` store renew each token once.

    Args:
        client_id: The App ID.
        client_secret: Its secret.
        redirect_uri: Where owners come back, to the letter as it is registered with the application. It is never made
            from a request: behind a proxy that would be another one.
        tokens: Where tokens are kept: `FileTokenStore`, `SqlTokenStore`, `MemoryTokenStore`, or one of your own.
        states: Where is kept what was begun; in memory when left out. Several processes need one that they share.
        scopes: What `begin` asks for, such as `["appointments.read", "appointments.write"]`.
        base_url: The manage portal; https, or http on loopback.
        ssl: An `ssl.SSLContext` with your CA, a fingerprint, or True for the usual checks.
        user_agent: Put before the package's own name.
        hooks: Functions that take the events of renewals (`mijnklantportaal_async.events`): each is a call of its own,
            `renew_tokens`. Sessions have hooks of their own.
        clock: Where time comes from; for tests.

    Raises:
        TypeError: An argument is of another type.
        ValueError: An argument cannot be right; the message says what to do.
    """

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        redirect_uri: str,
        tokens: TokenStore,
        states: StateStore | None = None,
        scopes: Iterable[str] = ("appointments.read", "appointments.write"),
        base_url: str = DEFAULT_MANAGE_URL,
        ssl: TLS = True,
        user_agent: str | None = None,
        hooks: "Iterable[Hook]" = (),
        clock: Clock | None = None,
    ) -> None:
        # What prints the variables of a traceback gets to see it not.
        secret, client_secret = hide(client_secret).checked("client_secret"), HIDDEN
        self._client_id = check_text(client_id, "client_id")
        self._redirect_uri = browser.check_redirect_uri(redirect_uri)
        self._scopes = browser.check_scopes(scopes)
        self._base_url = check_base_url(base_url)
        self._tokens = tokens
        self._states = MemoryStateStore() if states is None else states
        self._clock = Clock() if clock is None else check_setting(clock, Clock, "clock", "Clock()")
        self._endpoint = TokenEndpoint(
            self._base_url,
            client_id=self._client_id,
            client_secret=secret,
            ssl=ssl,
            user_agent=full_user_agent(user_agent),
            clock=self._clock,
            jitter=random.random,
        )
        self._observer = Observer(hooks)
        # One for each owner: two would not know of each other's renewal.
        self._auths: WeakValueDictionary[str, PortalAuth] = WeakValueDictionary()
        self._pinned: set[PortalAuth] = set()

    @property
    def client_id(self) -> str:
        """The App ID."""
        return self._client_id

    @property
    def redirect_uri(self) -> str:
        """Where owners come back."""
        return self._redirect_uri

    @property
    def manage_url(self) -> str:
        """The manage portal, to which owners are sent."""
        return self._base_url

    async def begin(
        self, *, scopes: Iterable[str] | None = None, prompt: Prompt | None = None, cookie: str | None = None
    ) -> Start:
        """Where to send an owner who wants to connect their portal.

        Sends nothing. Set the cookie, then redirect the browser to `url`; both are for this browser only, for ten
        minutes.

        Args:
            scopes: What to ask for; those of the application when left out.
            prompt: `consent` or `login`: what the portal asks for again.
            cookie: What the browser's cookie holds now, if it has one: then an owner who begins in two tabs can end
                both.

        Raises:
            ValueError: A scope cannot be right.
        """
        start, state = browser.begin(
            base_url=self._base_url,
            client_id=self._client_id,
            redirect_uri=self._redirect_uri,
            scopes=self._scopes if scopes is None else browser.check_scopes(scopes),
            prompt=prompt,
            cookie=cookie,
        )
        await self._states.put(
            browser.digest(state), Begun(browser=browser.digest(start.cookie), at=self._clock.wall())
        )
        return start

    async def finish(self, owner: str, callback: Callback, cookie: str | None) -> PortalTokens:
        """Takes the owner who came back, once, and stores their tokens in the place of any others.

        Args:
            owner: Whose portal it is: your own number of the account that is logged in with this browser. It is never
                taken from what came back.
            callback: The query that came back: a mapping, its text, or the whole address.
            cookie: What the browser's cookie holds.

        Returns:
            The tokens that were stored; `scopes` says what was granted, where the portal says so.

        Raises:
            StateError: Nobody in this browser has begun this, or it was taken before, or it took too long.
            ConsentRefusedError: The owner, or the portal, said no.
            CodeRefusedError: The portal gives no tokens for the code.
            ClientRefusedError: The application's own id or secret is wrong.
            TokenEndpointError: The portal does not help for now; the owner has to begin anew.
            TokenSaveError: The tokens are there and cannot be saved. The next call for this owner tries again.
            TokenStoreError: As `TokenSaveError`, because what is stored for the owner cannot be read.
        """
        check_text(owner, "owner")
        state = browser.state_in(callback)
        if state is not None:
            begun = await self._states.take(browser.digest(state))
            browser.check_begun(begun, cookie, self._clock.wall())
        approval = browser.approval_in(callback)
        answer = await self._endpoint.exchange(approval.code, self._redirect_uri)
        if isinstance(answer, Refusal):
            code = f" {answer.code}" if answer.code else ""
            raise CodeRefusedError(f"The portal gives no tokens for the code ({answer.status}{code})", code=answer.code)
        await self.auth(owner).adopt(answer)
        return answer

    def auth(self, owner: str) -> PortalAuth:
        """The tokens of an owner, for `PortalSession(auth=...)`. Asks nobody whether there are any.

        Args:
            owner: As given to `finish`.
        """
        auth = self._auths.get(check_text(owner, "owner"))
        if auth is None:
            auth = self._auths[owner] = PortalAuth(
                owner,
                application=self._client_id,
                store=self._tokens,
                endpoint=self._endpoint,
                clock=self._clock,
                jitter=random.random,
                pinned=self._pinned,
                observer=self._observer,
            )
        return auth

    async def is_connected(self, owner: str) -> bool:
        """Whether there are tokens of an owner. The portal is not asked: its owner may have undone it there.

        Raises:
            Exception: What the store raises that cannot be read.
        """
        return await self._tokens.load(owner) is not None

    async def disconnect(self, owner: str) -> bool:
        """Forgets the tokens of an owner; whether there were any.

        No way to tell the portal is documented: there the application stays until the owner takes it out.

        Raises:
            TokenStoreError: The store cannot be read or written to.
        """
        return await self.auth(owner).drop()

    async def aclose(self) -> None:
        """Waits for renewals under way, and closes the connections. The stores stay open: they are yours."""
        await asyncio.gather(*(auth.settle() for auth in list(self._pinned)))
        await self._observer.aclose()
        await self._endpoint.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<OAuthApp {self._client_id} {self._base_url} client_secret={HIDDEN}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an OAuthApp is not pickled: it holds a secret. Make one in each process, over one store")
