"""How a worker gets into a portal: address and key, from the environment or the program, never from the database."""

import os
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from mijnklantportaal_async.batch.rows import Portal, digest_of
from mijnklantportaal_async.batch.shared_rate_limit import key_fingerprint
from mijnklantportaal_async.calling.addresses import check_proxy
from mijnklantportaal_async.calling.auth import ApiKey, Auth
from mijnklantportaal_async.calling.window import RateLimit
from mijnklantportaal_async.oauth.portal_auth import PortalAuth
from mijnklantportaal_async.portals import Portals
from mijnklantportaal_async.session import (
    DEFAULT_BASE_URL,
    ENVIRONMENT_API_KEY,
    ENVIRONMENT_BASE_URL,
    ENVIRONMENT_TIMEZONE,
    PortalSession,
)
from mijnklantportaal_async.values.local_time import DEFAULT_TIMEZONE
from mijnklantportaal_async.values.portal_names import DEFAULT_PORTAL, normal_address, variable


@attrs.frozen(kw_only=True)
class PortalAccess:
    """What a worker needs to reach one portal. Its repr shows no key.

    Args:
        api_key: The portal's key. Give this or `auth`.
        auth: Another source of tokens; give `limit_name` with it.
        base_url: Where the API is.
        address: What rows call this portal's address; the base URL when left out. Only for portals that move, such as a
            sandbox with another port each time.
        rate_limit: Calls that the key may make, until an answer says otherwise.
        limit_name: Under which name the limit is shared; a fingerprint of the key when left out.
        proxy: URL of an HTTP proxy.
        over: A session over whose connections to call, with its hooks and its clock; one is opened when left out.

    Raises:
        TypeError: `api_key` and `auth` are both given, or neither; or `auth` without `limit_name`.
        ValueError: The key could not be a header's value, or the proxy is no HTTP proxy.
    """

    api_key: str | None = attrs.field(default=None, repr=False)
    auth: Auth | None = attrs.field(default=None, repr=False)
    base_url: str = DEFAULT_BASE_URL
    address: str | None = None
    rate_limit: RateLimit = attrs.field(factory=RateLimit)
    limit_name: str | None = None
    proxy: str | None = attrs.field(default=None, repr=False)
    over: PortalSession | None = attrs.field(default=None, eq=False)

    def __attrs_post_init__(self) -> None:
        if (self.api_key is None) == (self.auth is None):
            raise TypeError("give either api_key= or auth=" + ("" if self.api_key is None else ", not both"))
        if self.auth is not None and self.limit_name is None:
            raise TypeError("give limit_name= with auth=: a token that changes cannot name its rate limit")
        if self.api_key is not None:
            ApiKey(self.api_key)
        if self.proxy is not None:
            check_proxy(self.proxy)

    @property
    def known_address(self) -> str:
        """What rows call its address."""
        return normal_address(self.address if self.address is not None else self.base_url)

    @property
    def identity(self) -> str:
        """Which portal it is, under whatever name: its address and key."""
        return digest_of(self.known_address, self.shared_name)

    @property
    def shared_name(self) -> str:
        """The name of its rate limit in the database."""
        return self.limit_name or key_fingerprint(self.api_key or "")

    def make_auth(self) -> Auth:
        """Where the session's tokens come from."""
        return self.auth or ApiKey(self.api_key or "")

    def open_session(self, **settings: Any) -> PortalSession:
        """A session of its own, or a view of the one over whose connections it calls.

        Args:
            settings: Arguments of `PortalSession`, `timezone` and `rate_limit` with them.
        """
        if self.over is None:
            return PortalSession(auth=self.make_auth(), base_url=self.base_url, proxy=self.proxy, **settings)
        del settings["clock"]
        own = {name: settings.pop(name) for name in ("timezone", "rate_limit")}
        return self.over.for_portal(self.make_auth(), **own).with_options(**settings)

    async def why_not_now(self) -> str:
        """Why it leads nowhere at the moment: its owner has connected nothing. Empty where it may lead in."""
        if not isinstance(self.auth, PortalAuth):
            return ""
        try:
            is_connected = await self.auth.is_connected()
        except Exception:  # noqa: BLE001 - the store is away: that is trouble of rows, which wait
            return ""
        return "" if is_connected else f"no portal is connected for {self.auth.owner!r}"


PortalSource = Mapping[str, PortalAccess] | Callable[[str], PortalAccess | None] | Portals
"""Where a worker finds its portals, by name. In `Portals` that is the owner."""


def find_access(portals: PortalSource, name: str) -> PortalAccess | None:
    """The way into the portal that is called so."""
    if isinstance(portals, Portals):
        return access_of_owner(portals, name)
    return portals(name) if callable(portals) else portals.get(name)


def portal_of_owner(portals: Portals, owner: str) -> Portal:
    """The portal of an owner, for submitting. Nobody is asked whether it is connected.

    Args:
        portals: The sessions of all owners.
        owner: As in `portals[owner]`. In a batch it names the portal: letters, digits, `.`, `_` and `-`.

    Raises:
        ValueError: The owner cannot name a portal of a batch.
    """
    return Portal(name=owner, address=normal_address(portals.base_url), timezone=portals.timezone_of(owner).key)


def access_of_owner(portals: Portals, owner: str) -> PortalAccess:
    """The way into the portal of an owner, over the connections of all of them.

    Args:
        portals: The sessions of all owners; a worker that was given them as its `portals` needs no more.
        owner: As in `portals[owner]`.
    """
    return PortalAccess(
        auth=portals.auth_of(owner),
        limit_name=portals.limit_name_of(owner),
        base_url=portals.base_url,
        rate_limit=portals.rate_limit if portals.rate_limit.requests else RateLimit(),
        over=portals.shared,
    )


def portal_from_environment(name: str = DEFAULT_PORTAL, environment: Mapping[str, str] | None = None) -> Portal:
    """The portal that is called so, for submitting: its address and zone. No key is needed for that.

    Args:
        name: `default` for the variables as they are; any other name stands at the end of each, in capitals, as in
            `MIJNKLANTPORTAAL_BASE_URL_PRAKTIJK_OOST` for `praktijk-oost`.
        environment: Instead of `os.environ`.

    Raises:
        ValueError: The name cannot be right.
    """
    environment = os.environ if environment is None else environment
    return Portal(
        name=name,
        address=_setting(environment, ENVIRONMENT_BASE_URL, name, DEFAULT_BASE_URL).rstrip("/"),
        timezone=_setting(environment, ENVIRONMENT_TIMEZONE, name, DEFAULT_TIMEZONE),
    )


def access_from_environment(
    name: str = DEFAULT_PORTAL, environment: Mapping[str, str] | None = None
) -> PortalAccess | None:
    """The way into the portal that is called so; None where the environment has no key for it.

    Args:
        name: As for `portal_from_environment`: the key of `praktijk-oost` is `MIJNKLANTPORTAAL_API_KEY_PRAKTIJK_OOST`.
        environment: Instead of `os.environ`.

    Raises:
        ValueError: The key could not be a header's value.
    """
    environment = os.environ if environment is None else environment
    key = environment.get(variable(ENVIRONMENT_API_KEY, name), "").strip()
    if not key:
        return None
    return PortalAccess(api_key=key, base_url=_setting(environment, ENVIRONMENT_BASE_URL, name, DEFAULT_BASE_URL))


def _setting(environment: Mapping[str, str], base: str, name: str, default: str) -> str:
    own = environment.get(variable(base, name), "").strip()
    return own or environment.get(base, "").strip() or default
