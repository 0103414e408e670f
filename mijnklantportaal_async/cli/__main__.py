"""`python -m mijnklantportaal_async.cli`."""

from mijnklantportaal_async.cli import main

main()
