"""Names of a package that are imported when they are first used, and say which extra they need."""

from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from typing import Any


def late_import(
    package: str, names: Mapping[str, str], extra: str, modules: Collection[str] = ()
) -> Callable[[str], Any]:
    """What a package takes for its `__getattr__`.

    Args:
        package: Its `__name__`.
        names: Module in it -> the names that it has, with spaces between them.
        extra: The extra that brings what some of the modules import.
        modules: Those that are names of the package themselves.
    """
    homes = {name: module for module, listed in names.items() for name in listed.split()}

    def find(name: str) -> Any:
        if name in modules:
            return import_module(f"{package}.{name}")
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        try:
            module = import_module(f"{package}.{homes[name]}")
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("mijnklantportaal_async"):
                raise
            raise ModuleNotFoundError(
                f"{name} needs {error.name}: pip install 'mijnklantportaal-async[{extra}]'", name=error.name
            ) from error
        return getattr(module, name)

    return find
