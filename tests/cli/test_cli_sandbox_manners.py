"""`mijnklantportaal sandbox --manner`."""

import signal

from cli_support import Start


async def test_manners_are_named(started: Start) -> None:
    server = await started("sandbox", "--port", "0", "--manner", "no_date", "--manner", "stray_comma")
    await server.until_it_says("Press Ctrl-C to stop it.")
    server.send(signal.SIGINT)
    assert "no_date, stray_comma" in (await server.end()).output


async def test_an_unknown_one_is_refused_with_those_that_there_are(started: Start) -> None:
    result = await (await started("sandbox", "--port", "0", "--manner", "polite")).end()
    assert result.code == 2
    assert "unknown manners ['polite']" in result.messages
    assert "lagging_replicas" in result.messages
