"""The Invoices API: what MijnKlantportaal bills to the portal's owner. Nobody but it makes them: `Sandbox.put`."""

from mijnklantportaal_async.sandbox.tag import Tag


class Invoices(Tag):
    """The invoices from MijnKlantportaal."""

    name = "Invoices"
    scopes = ("businessoperations.read", None)
