"""Every code block of README.md and docs/*.md runs, over real sockets, against an embedded sandbox.

How to write a block (the same in README.md and in docs/):

* A `python` block that calls `asyncio.run(...)` is a script. It runs as it stands, on its own, in an empty folder.
  The environment names a sandbox (`MIJNKLANTPORTAAL_API_KEY`, `MIJNKLANTPORTAAL_BASE_URL`), so
  `PortalSession.from_env()` works; and that sandbox is the default `base_url` too: nothing leaves the machine.
* Any other `python` block is a fragment. It may `await` at the top level, and finds, where it names them:
  `portal` and `sandbox` (a session with an empty sandbox, both twenty times as fast as real time), `appointment`
  (one that was scheduled there), `requests` (three `NewAppointment`s), `starts_at` and `ends_at`; the public names of
  the package, of `.events` and of `.sandbox`; `asyncio`, `datetime`, `timedelta`, `UTC` and `ZoneInfo`.
* A `python` block whose first line is a comment with a file name (`# test_booking.py`) is that file. The files of a
  page are put into one folder, where pytest runs the tests.
* A `text` block right after a `python` block is what it prints. `...` stands for anything.
* `<!-- test: ... -->` right after a block is code that runs after it, where it can see its names. Readers do not see it.
* A `sh` block is not run. Its commands, options, extras and files have to exist.
"""
