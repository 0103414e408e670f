"""`mijnklantportaal call`: every coroutine of `PortalSession` from a terminal.

What a coroutine is called, what it takes and what it does is read from its signature and docstring, nowhere else.
"""
