"""Where owners and applications are served: the token endpoint, and a word to say yes without a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import attrs
import orjson

from mijnklantportaal_async.sandbox.answers import Answer
from mijnklantportaal_async.sandbox.oauth.grants import Grant, GrantBook, GrantRefusedError
from mijnklantportaal_async.sandbox.request_body import JSON, media_type_of
from mijnklantportaal_async.sandbox.scopes import ALL_SCOPES
from mijnklantportaal_async.texts.words import words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mijnklantportaal_async.sandbox.clock import PortalClock
    from mijnklantportaal_async.sandbox.oauth.rules import OAuthApplication, OAuthRules
    from mijnklantportaal_async.sandbox.records import ReceivedRequest

TOKENS = "/oauth/tokens"
AUTHORIZE = "/oauth/authorize"
APPLICATIONS = "/oauth/applications"

_FIELDS = {
    "authorization_code": ("grant_type", "client_id", "client_secret", "redirect_uri", "code"),
    "refresh_token": ("grant_type", "client_id", "client_secret", "refresh_token"),
}
_NO_STORE = {"Cache-Control": "no-store"}


@attrs.frozen(kw_only=True)
class Wish:
    """What an application asks an owner for."""

    application: OAuthApplication
    redirect_uri: str
    state: str
    scopes: tuple[str, ...]

    def back(self, **said: str) -> str:
        """Return the address to send the owner back to."""
        sign = "&" if urlsplit(self.redirect_uri).query else "?"
        return f"{self.redirect_uri}{sign}{urlencode(said)}"


class WrongWishError(Exception):
    """An authorize address that cannot be right. Nobody is sent anywhere.

    Args:
        why: For people.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class OAuthDesk:
    """The OAuth side of a sandbox: `sandbox.oauth`."""

    def __init__(self, book: GrantBook, clock: PortalClock) -> None:
        self._book = book
        self._clock = clock

    @property
    def rules(self) -> OAuthRules:
        """How tokens are handed out from now on."""
        return self._book.rules

    @rules.setter
    def rules(self, rules: OAuthRules) -> None:
        self._book.rules = rules

    @property
    def applications(self) -> tuple[OAuthApplication, ...]:
        """Those that are registered."""
        return tuple(self._book.applications.values())

    @property
    def grants(self) -> tuple[Grant, ...]:
        """What owners have agreed to, in order; those taken back, too."""
        return tuple(self._book.grants.values())

    def approve(self, url: str, *, scopes: Collection[str] | None = None) -> str:
        """Say yes on the consent page that an address leads to, without a browser.

        Args:
            url: What the application sends its user to.
            scopes: What is granted; all that is asked for when left out.

        Returns:
            The address that the owner is sent back to, with code and state.

        Raises:
            WrongWishError: The page would refuse.
        """
        wish = self.wish_of(dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)))
        return self.say_yes(wish, wish.scopes if scopes is None else scopes)

    def refuse(self, url: str) -> str:
        """Say no on the consent page, and return the address that the owner is sent back to."""
        return self.say_no(self.wish_of(dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))))

    def revoke(self, grant: str | Grant) -> None:
        """Take an application out, as its owner does on the page of the portal."""
        self._book.revoke(grant if isinstance(grant, str) else grant.id)

    def revoke_all(self) -> None:
        """Take every application out."""
        for grant in self.grants:
            self.revoke(grant)

    def end_access_tokens(self) -> None:
        """End every access token before its time; refresh tokens stay good."""
        self._book.end_access_tokens()

    # --- for the pages and the door ------------------------------------------------------------------------------

    def wish_of(self, query: Mapping[str, str]) -> Wish:
        """Read what an application asks for.

        Raises:
            WrongWishError: It is unknown, or the address is not registered, or something is missing.
        """
        application = self._book.applications.get(query.get("client_id", ""))
        if application is None:
            raise WrongWishError(words("There is no application with this client_id."))
        redirect_uri = query.get("redirect_uri", "")
        if not application.may_send_to(redirect_uri):
            raise WrongWishError(words("This redirect_uri is not registered with the application."))
        if query.get("response_type") != "code":
            raise WrongWishError(words("response_type must be code."))
        if query.get("prompt", "consent") not in {"consent", "login"}:
            raise WrongWishError(words("prompt must be consent or login."))
        if not query.get("state"):
            raise WrongWishError(words("state is missing."))
        scopes = tuple(query.get("scope", "").split())
        if not scopes or set(scopes) - ALL_SCOPES:
            unknown = ", ".join(sorted(set(scopes) - ALL_SCOPES))
            said = words("scope has {scopes}, which nobody knows.", scopes=unknown)
            raise WrongWishError(said if unknown else words("scope is missing."))
        return Wish(application=application, redirect_uri=redirect_uri, state=query["state"], scopes=scopes)

    def say_yes(self, wish: Wish, scopes: Collection[str]) -> str:
        """Return where the owner goes with a code."""
        code = self._book.approve(wish.application.client_id, wish.redirect_uri, scopes, self._clock.seconds())
        return wish.back(code=code, state=wish.state)

    def say_no(self, wish: Wish) -> str:
        """Return where the owner goes without one."""
        state = {"state": wish.state} if self.rules.state_on_refusal else {}
        return wish.back(error="access_denied", error_description="The owner said <no> & left.", **state)

    def grant_of(self, access_token: str) -> str | None:
        """Return the id of the grant of a living access token."""
        return self._book.grant_of(access_token, self._clock.seconds())

    def dead_for(self, access_token: str) -> float | None:
        """Return the portal seconds since an access token ended by itself."""
        return self._book.dead_for(access_token, self._clock.seconds())

    def scopes_of(self, grant: str) -> frozenset[str] | None:
        """Return the scopes of a grant; `None` when there is no such grant."""
        found = self._book.grants.get(grant)
        return None if found is None else found.scopes

    def note_grant(self, record: ReceivedRequest) -> None:
        """Write down whose refresh token a request spends."""
        token = _fields_in(record).get("refresh_token")
        record.grant = self._book.grant_of_refresh(token) if isinstance(token, str) else ""

    def answer(self, record: ReceivedRequest) -> Answer:
        """Answer a request for tokens."""
        if record.method != "POST":
            return _refused(405, "invalid_request", "Only POST is supported.")
        if media_type_of(record.headers.get("content-type", "")) != JSON:
            return _refused(415, "invalid_request", "The body must be sent as application/json.")
        fields = _fields_in(record)
        wanted = _FIELDS.get(str(fields.get("grant_type")))
        if wanted is None:
            return _refused(400, "unsupported_grant_type", "grant_type is neither of the two.")
        wrong = [name for name in wanted if not isinstance(fields.get(name), str) or not fields[name]]
        if wrong or set(fields) != set(wanted):
            return _refused(400, "invalid_request", f"Needed are, as strings: {', '.join(wanted)}.")
        application = self._book.applications.get(fields["client_id"])
        if application is None or fields["client_secret"] != application.client_secret:
            return _refused(401, "invalid_client", "Client authentication failed.")
        now = self._clock.seconds()
        try:
            if "code" in fields:
                given = self._book.exchange(application.client_id, fields["redirect_uri"], fields["code"], now)
            else:
                given = self._book.refresh(application.client_id, fields["refresh_token"], now)
        except GrantRefusedError as refusal:
            return _refused(400, str(refusal), "The grant is invalid, was used, or was taken back.")
        return Answer(200, given, _NO_STORE)


def _fields_in(record: ReceivedRequest) -> dict[str, Any]:
    try:
        document: object = orjson.loads(record.body)
    except orjson.JSONDecodeError:
        return {}
    return cast("dict[str, Any]", document) if isinstance(document, dict) else {}


def _refused(status: int, code: str, description: str) -> Answer:
    return Answer(status, {"error": code, "error_description": description}, _NO_STORE)
