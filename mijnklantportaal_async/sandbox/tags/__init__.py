"""What is special about each tag of the contract: one file for each that has anything special."""

from mijnklantportaal_async.sandbox.tag import Tag
from mijnklantportaal_async.sandbox.tags.agreements import Agreements
from mijnklantportaal_async.sandbox.tags.appointments import Appointments
from mijnklantportaal_async.sandbox.tags.customer_groups import CustomerGroups
from mijnklantportaal_async.sandbox.tags.customer_invoices import CustomerInvoices
from mijnklantportaal_async.sandbox.tags.customer_offers import CustomerOffers
from mijnklantportaal_async.sandbox.tags.customers import Customers
from mijnklantportaal_async.sandbox.tags.files import FileRequests, Files, FileShares
from mijnklantportaal_async.sandbox.tags.invoices import Invoices
from mijnklantportaal_async.sandbox.tags.payment_links import PaymentLinks
from mijnklantportaal_async.sandbox.tags.punch_cards import PunchCards
from mijnklantportaal_async.sandbox.tags.subscriptions import CustomerSubscriptions, SubscriptionPackages
from mijnklantportaal_async.sandbox.tags.tickets import Tickets
from mijnklantportaal_async.sandbox.tags.webhooks import Webhooks

TAGS: tuple[type[Tag], ...] = (
    Agreements,
    Appointments,
    Customers,
    CustomerGroups,
    CustomerInvoices,
    CustomerOffers,
    CustomerSubscriptions,
    SubscriptionPackages,
    Files,
    FileRequests,
    FileShares,
    Invoices,
    PaymentLinks,
    PunchCards,
    Tickets,
    Webhooks,
)
