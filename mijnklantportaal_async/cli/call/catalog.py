"""What can be called: the operations of the reference that `PortalSession` has a coroutine for."""

import sys
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cached_property
from typing import Any

import attrs

from mijnklantportaal_async.calling.operations import Operations
from mijnklantportaal_async.calling.wire import Effect, Operation
from mijnklantportaal_async.cli.call.docstrings import Docstring, read_docstring
from mijnklantportaal_async.session import PortalSession


@attrs.frozen(kw_only=True, slots=False)
class NamedCoroutine:
    """One coroutine with all that is known of it."""

    tag: str
    """The tag of the reference that it stands under, such as `Payment Links`."""
    home: type[Operations]
    """The class that it is written in."""
    function: Callable[..., Any]
    operation: Operation

    @property
    def name(self) -> str:
        """As in the reference: `create_payment_link`."""
        return self.operation.name

    @property
    def changes_the_portal(self) -> bool:
        """Whether it does more than read."""
        return self.operation.effect is not Effect.READ

    @cached_property
    def docstring(self) -> Docstring:
        """What it says of itself."""
        return read_docstring(self.function.__doc__)


def all_coroutines() -> Mapping[str, NamedCoroutine]:
    """Every coroutine that is an operation of the reference, by its name: tag after tag, as each file has them."""
    found: dict[str, NamedCoroutine] = {}
    homes = [home for home in PortalSession.__mro__ if issubclass(home, Operations)]
    for home in sorted(homes[1:-1], key=_tag_of):
        module = vars(sys.modules[home.__module__])
        operations = {value.name: value for value in module.values() if isinstance(value, Operation)}
        for name, function in vars(home).items():
            # What has no row in the table of its file, as a run of many calls, is no operation.
            if name in operations:
                found[name] = NamedCoroutine(
                    tag=_tag_of(home), home=home, function=function, operation=operations[name]
                )
    return found


def find_coroutine(name: str) -> NamedCoroutine | None:
    """The coroutine of that name; dashes are as good as underscores."""
    return all_coroutines().get(name.replace("-", "_"))


def names_like(name: str) -> list[str]:
    """Names that somebody may have meant, best first."""
    return get_close_matches(name.replace("-", "_"), list(all_coroutines()), n=3, cutoff=0.6)


def _tag_of(home: type[Operations]) -> str:
    """`Payment Links` of a file that begins with `The Payment Links API: ...`."""
    first = (sys.modules[home.__module__].__doc__ or "").partition("\n")[0]
    return first.removeprefix("The ").partition(" API")[0]
