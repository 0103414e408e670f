"""A process of its own that shares only the key with others: makes calls for a while and prints what came of them."""

import asyncio
import json
import sys
import time

from mijnklantportaal_async import Clock, PortalSession, RateLimit, RateLimitError, RetryPolicy, Timeouts


async def main(url: str, key: str, speed: float, until: float, tasks: int) -> None:
    done = refused = 0
    async with PortalSession(
        api_key=key,
        base_url=url,
        rate_limit=RateLimit(),
        timeouts=Timeouts(queue=None, call=None),
        retry=RetryPolicy(attempts=1),
        clock=Clock(speed),
    ) as portal:

        async def work() -> None:
            nonlocal done, refused
            while time.time() < until:
                try:
                    await portal.list_appointments()
                    done += 1
                except RateLimitError:
                    refused += 1

        try:
            async with asyncio.timeout(until - time.time()):
                await asyncio.gather(*(work() for _ in range(tasks)))
        except TimeoutError:
            pass
    print(json.dumps({"done": done, "refused": refused}))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    asyncio.run(main(arguments[0], arguments[1], float(arguments[2]), float(arguments[3]), int(arguments[4])))
