"""An embedded portal to try a client against: the API with its manners, faults on demand, and a calendar page."""

from mijnklantportaal_async.sandbox.database import DatabaseFileError
from mijnklantportaal_async.sandbox.deliveries import Delivery, DeliveryAttempt
from mijnklantportaal_async.sandbox.faults import COMMON_FAULTS, Fault, Faults, ScriptedFault
from mijnklantportaal_async.sandbox.file_faults import FileFault, FileFaults
from mijnklantportaal_async.sandbox.manners import Manner
from mijnklantportaal_async.sandbox.oauth.desk import OAuthDesk, WrongWishError
from mijnklantportaal_async.sandbox.oauth.grants import Grant
from mijnklantportaal_async.sandbox.oauth.rules import OAuthApplication, OAuthRules
from mijnklantportaal_async.sandbox.portal_sandbox import Sandbox
from mijnklantportaal_async.sandbox.records import ReceivedRequest, StoredAppointment, StoredCustomer
from mijnklantportaal_async.sandbox.scopes import ALL_SCOPES

__all__ = [
    "ALL_SCOPES",
    "COMMON_FAULTS",
    "DatabaseFileError",
    "Delivery",
    "DeliveryAttempt",
    "Fault",
    "Faults",
    "FileFault",
    "FileFaults",
    "Grant",
    "Manner",
    "OAuthApplication",
    "OAuthDesk",
    "OAuthRules",
    "ReceivedRequest",
    "Sandbox",
    "ScriptedFault",
    "StoredAppointment",
    "StoredCustomer",
    "WrongWishError",
]
