"""`mijnklantportaal batch ...`: durable batches from the command line. Needs the extra `batch`.

`commands.py` holds the commands and their options, and costs nothing to import; what they do is imported when one runs.
"""
