"""The keyring of this machine, which may be absent, locked, or wait for somebody who never comes."""

import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from mijnklantportaal_async.calling.auth import HIDDEN, Token, hide
from mijnklantportaal_async.cli.prompts import obeying_ctrl_c, somebody_is_there

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")

SERVICE = "mijnklantportaal"
"""What the entries are filed under."""

_WITH_SOMEBODY, _ALONE = 60.0, 5.0
"""Seconds in which it may answer: a person has to find a window and type a password."""

_SILENCE = 1.5
"""Seconds after which a person is told what is waited for."""

_RECOMMENDED = 1
"""Priority from which on a backend is one that `keyring` recommends; below are plain files and the like."""


class KeyringTroubleError(Exception):
    """It cannot be used; the text says why."""


class MachineKeyring:
    """Keeps secrets by a name.

    Args:
        patience: Seconds in which it may answer.
    """

    def __init__(self, patience: float | None = None) -> None:
        self._patience = patience if patience is not None else _WITH_SOMEBODY if somebody_is_there() else _ALONE

    def get(self, name: str) -> Token | None:
        """A secret; None where there is none.

        Raises:
            KeyringTroubleError: Nobody can tell.
        """

        def ask(backend: "KeyringBackend") -> Token | None:
            found = backend.get_password(SERVICE, name)
            return hide(found) if found else None

        return self._ask(ask)

    def put(self, name: str, secret: Token) -> None:
        """Keeps a secret, and makes sure that it is there.

        Raises:
            KeyringTroubleError: It is not.
        """

        def ask(backend: "KeyringBackend") -> None:
            if backend.priority < _RECOMMENDED:
                raise KeyringTroubleError("there is none that keeps secrets safely")
            # Wrapped without types by its metaclass.
            backend.set_password(SERVICE, name, secret.reveal())  # pyright: ignore[reportUnknownMemberType]
            if backend.get_password(SERVICE, name) != secret.reveal():
                raise KeyringTroubleError("it does not keep what it is given")

        self._ask(ask, secret)

    def remove(self, name: str) -> None:
        """Forgets a secret, if it is there.

        Raises:
            KeyringTroubleError: It could not be removed.
        """

        def ask(backend: "KeyringBackend") -> None:
            if backend.get_password(SERVICE, name) is not None:
                backend.delete_password(SERVICE, name)

        self._ask(ask)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _ask(self, ask: Callable[["KeyringBackend"], T], secret: Token | None = None) -> T:
        """Asks on a thread of its own, which is left alone where it does not come back."""
        answers: list[T] = []
        failures: list[BaseException] = []

        def run() -> None:
            try:
                import keyring

                answers.append(ask(keyring.get_keyring()))
            except BaseException as error:  # noqa: BLE001 - backends raise whatever their systems do
                failures.append(error)

        thread = threading.Thread(target=run, name="ask the keyring", daemon=True)
        with obeying_ctrl_c():
            thread.start()
            thread.join(min(_SILENCE, self._patience))
            if thread.is_alive() and somebody_is_there():
                print("Waiting for the keyring of this machine; unlock it if it asks.", file=sys.stderr)
            thread.join(max(0.0, self._patience - _SILENCE))
        if failures:
            raise _trouble(failures[0], secret) from None
        if not answers:
            raise KeyringTroubleError(f"it did not answer within {self._patience:g} s; is it locked?")
        return answers[0]


def _trouble(error: BaseException, secret: Token | None) -> KeyringTroubleError:
    if isinstance(error, KeyringTroubleError):
        return error
    if isinstance(error, ModuleNotFoundError) and error.name == "keyring":
        return KeyringTroubleError("the package keyring is not installed; the extra `keyring` brings it")
    if type(error).__name__ == "NoKeyringError":
        return KeyringTroubleError("there is none")
    text: Any = str(error).strip()
    for form in secret.forms() if secret is not None else ():
        text = text.replace(form, HIDDEN)
    return KeyringTroubleError(f"{type(error).__name__}{': ' if text else ''}{text}")
