"""What a call costs on the client's side, beside raw aiohttp. Run it with `python -m benchmarks`."""
