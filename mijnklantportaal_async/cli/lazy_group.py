"""A group of commands of which only the one that is used is imported."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from typer.core import TyperCommand

from mijnklantportaal_async.cli.help_page import HelpfulGroup


class LazyGroup(HelpfulGroup):
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
