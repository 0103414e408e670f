"""The calendar page of a sandbox as one HTML file that needs no server."""

import json
import re
from datetime import date, timedelta
from typing import Any, cast

import aiohttp

from mijnklantportaal_async.sandbox import Sandbox
from mijnklantportaal_async.texts.language import Language

_DAYS_AT_ONCE = 31

# Goes before the page's own script: what that would ask its server for, the file has in itself.
_SNAPSHOT_SCRIPT = """<script>
(() => {
  const snapshot = JSON.parse(document.getElementById("snapshot").textContent);
  const dayAfter = (day, days) => new Date(Date.parse(day) + days * 86400000).toISOString().slice(0, 10);
  window.fetch = async (address) => {
    const query = new URLSearchParams(String(address).split("?")[1] || "");
    const from = query.get("from") || snapshot.now.slice(0, 10);
    const until = dayAfter(from, Number(query.get("days") || 7));
    const shown = snapshot.appointments.filter(({ startsAt, endsAt }) => startsAt < until && endsAt > from);
    return { ok: true, json: async () => ({ ...snapshot, from, appointments: shown }) };
  };
  window.EventSource = class { addEventListener() {} close() {} };
  const replaceState = history.replaceState.bind(history);
  // Browsers differ in whether a file may change its own address.
  history.replaceState = (...given) => { try { replaceState(...given); } catch { } };
  const [first] = snapshot.appointments;
  if (!location.hash && first) location.hash = "date=" + first.startsAt.slice(0, 10);
})();
</script>
"""


async def calendar_html(sandbox: Sandbox, language: Language) -> str:
    """The page with every appointment of the sandbox in it.

    Args:
        sandbox: A running sandbox.
        language: Of the page.
    """
    async with aiohttp.ClientSession(raise_for_status=True) as http:
        async with http.get(sandbox.page_url, params={"language": language.code}) as response:
            page = await response.text()
        document = await _document(http, sandbox)
    # In a file nothing answers what lies behind them.
    page = page.replace('<a class="language" ', '<a class="language" hidden ')
    # An appointment's title may hold anything, `</script>` too.
    data = json.dumps(document, ensure_ascii=False).replace("<", "\\u003c")
    embedded = f'<script type="application/json" id="snapshot">{data}</script>\n{_SNAPSHOT_SCRIPT}'
    return re.sub(r"(?=<script>)", lambda _: embedded, page, count=1)


async def _document(http: aiohttp.ClientSession, sandbox: Sandbox) -> dict[str, Any]:
    """What the page shows, of all weeks in which there is something."""
    document: dict[str, Any] = {}
    found: dict[str, Any] = {}
    days = sorted({appointment.starts_at.date() for appointment in sandbox.appointments}) or [date.today()]  # noqa: DTZ011
    read_until = date.min
    for day in days:
        if day < read_until:
            continue
        query = {"from": day.isoformat(), "days": str(_DAYS_AT_ONCE)}
        async with http.get(f"{sandbox.page_url}calendar.json", params=query) as response:
            document = cast(dict[str, Any], await response.json())
        found.update({appointment["id"]: appointment for appointment in document["appointments"]})
        read_until = day + timedelta(days=_DAYS_AT_ONCE)
    appointments = sorted(found.values(), key=lambda appointment: appointment["startsAt"])
    return {**document, "appointments": appointments}
