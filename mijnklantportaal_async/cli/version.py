"""`mijnklantportaal --version`."""

from importlib.metadata import version


def say_version() -> None:
    """Prints the version of the package that is installed."""
    print(version("mijnklantportaal-async"))
