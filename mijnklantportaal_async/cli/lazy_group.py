"""A group of commands of which only the one that is used is imported."""

import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any, ClassVar

from typer.core import TyperCommand, TyperGroup


class LazyGroup(TyperGroup):
    """Knows the names of its commands and a sentence about each; the help and completion need no more."""

    summaries: ClassVar[Mapping[str, str]]

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: Any = _Loaded(self)

    def load(self, name: str) -> Any:
        """A command with all its options."""
        raise NotImplementedError

    def list_commands(self, ctx: Any) -> list[str]:
        """All names, in the order of the help."""
        return list(self.summaries)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command as far as the help and completion show it; None for a name that is none."""
        summary = self.summaries.get(cmd_name)
        return None if summary is None else TyperCommand(cmd_name, help=summary)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is going to run."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, None if command is None else self.commands[name], rest

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """As every help."""
        with _later("rich.markdown", "rich.traceback"):
            import_module("typer.rich_utils")
        super().format_help(ctx, formatter)


class _Loaded(Mapping[str, Any]):
    """The commands by name, each made when it is taken out."""

    def __init__(self, group: LazyGroup) -> None:
        self._group = group

    def __getitem__(self, name: str) -> Any:
        if name not in self._group.summaries:
            raise KeyError(name)
        command = self._group.load(name)
        command.name = name
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(self._group.summaries)

    def __len__(self) -> int:
        return len(self._group.summaries)


@contextmanager
def _later(*names: str) -> Generator[None]:
    """Puts modules off until something in them is called: typer's help imports half of rich, and uses little of it.

    Markdown alone takes 50 ms, and no help here is written in it.
    """
    put_off = {name: _PutOff(name) for name in names if name not in sys.modules}
    sys.modules.update(put_off)
    try:
        yield
    finally:
        for name, module in put_off.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


class _PutOff(ModuleType):
    """Stands for a module while another takes classes out of it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        # A class, because it may stand in annotations.
        return _LaterType(name, (), {"home": self.__name__})


class _LaterType(type):
    """A class of a module that is imported when somebody makes one, or asks the class for something."""

    home: str

    def __call__(cls, *arguments: Any, **options: Any) -> Any:
        return cls._itself()(*arguments, **options)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(cls._itself(), name)

    def _itself(cls) -> Any:
        return getattr(import_module(cls.home), cls.__name__)
