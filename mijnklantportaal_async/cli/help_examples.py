"""The examples that stand first in the help of each command."""

from collections.abc import Mapping
from typing import TypeAlias

Example: TypeAlias = tuple[str, str]
"""What it does, and the command without the program's name."""

EXAMPLES: Mapping[str, tuple[Example, ...]] = {
    "": (
        ("Try it without a portal: nothing real is booked", "schedule-file afspraken.xlsx --sandbox"),
        ("The key of your portal, once", "login"),
        ("See how a file is understood, then book it", "schedule-file afspraken.xlsx --dry-run"),
        ("", "schedule-file afspraken.xlsx"),
    ),
    "schedule": (
        (
            "An hour and a half with a customer",
            "schedule --name Intake --starts-at '05-03-2027 14:30' --duration 90 --customer-id cst_abcde123fgh",
        ),
        (
            "With somebody who is no customer",
            "schedule --name Intake --starts-at '05-03-2027 14:30' --ends-at 16:00 --attendee-name 'Jan de Vries' "
            "--attendee-email jan@example.nl",
        ),
    ),
    "schedule-file": (
        ("See how the file is understood; nothing is sent", "schedule-file afspraken.xlsx --dry-run"),
        ("Book it, and keep an account of each row", "schedule-file afspraken.xlsx --output resultaat.csv"),
        ("Try it on a portal that does not exist", "schedule-file afspraken.xlsx --sandbox --calendar week.html"),
        ("A column with a name of its own", "schedule-file afspraken.csv --column name=Omschrijving"),
    ),
    "list": (
        ("The coming week", "list"),
        ("A month, for another program", "list --start-at 01-03-2027 --days 31 --json"),
        ("A week to hang on the wall or to put into a calendar", "list --days 7 --ics --output week.ics"),
    ),
    "cancel": (
        ("Show an appointment, and ask before it is canceled", "cancel apt_abcde123fgh"),
        ("In a script", "cancel apt_abcde123fgh --yes"),
    ),
    "save": (
        ("Into this folder, under the name that it has in the portal", "save fsf_abcde123fgh"),
        ("Under another name", "save fsf_abcde123fgh --to contract.pdf"),
    ),
    "upload": (
        ("Once; the same command again says what is there", "upload contract.pdf algemene-voorwaarden.pdf"),
        ("Into a folder of the portal", "upload contract.pdf --directory-id fsd_abcde123fgh"),
    ),
    "login": (
        ("Your portal", "login"),
        ("A second one, and a command about it", "login --portal oost"),
        ("", "list --portal oost"),
    ),
    "logout": (
        ("Your portal", "logout"),
        ("Another one", "logout --portal oost"),
    ),
    "portals": (
        ("Which portals have a key here, and where it is", "portals"),
        ("For another program", "portals --json"),
    ),
    "doctor": (
        ("Is all set up right?", "doctor"),
        ("For another program", "doctor --json"),
    ),
    "listen": (
        (
            "Calls of a sandbox, passed on to your application",
            "listen --sandbox --forward-to http://localhost:3000/hook",
        ),
        ("Those of one type", "listen --sandbox --forward-to http://localhost:3000/hook --type invoice-paid"),
    ),
    "sandbox": (
        ("A portal to try things on, with a page at http://localhost:8080/", "sandbox --seeded"),
        ("One that drops, stalls and refuses every fifth request", "sandbox --faults 0.2"),
    ),
    "operations": (
        ("All of them", "operations"),
        ("Those of one tag", "operations 'payment links'"),
    ),
    "call": (
        ("One customer", "call get_customer --customer-id cst_abcde123fgh"),
        ("All customers as JSON", "call --all --json list_customers"),
        (
            "Show the request, and send nothing",
            "call --dry-run edit_customer --customer-id cst_abcde123fgh --city Breda",
        ),
    ),
    "batch": (
        ("Book a file, whatever happens; the same command goes on", "batch run afspraken.csv"),
        ("How does it stand?", "batch status afspraken.csv --watch"),
        ("Look again for rows of which nobody knows", "batch settle afspraken.csv"),
    ),
    "batch run": (
        ("Book a file; the same command again goes on", "batch run afspraken.csv"),
        ("Try it on a portal that does not exist", "batch run afspraken.csv --sandbox"),
        ("Customers instead of appointments", "batch run klanten.csv --operation create_customer"),
    ),
    "batch submit": (
        ("For workers on this or other machines", "batch submit afspraken.csv --job lente"),
        ("Only say what would happen", "batch submit afspraken.csv --job lente --dry-run"),
    ),
    "batch work": (
        ("All jobs, until Ctrl-C", "batch work"),
        ("Until one job is over", "batch work --until-done lente"),
    ),
    "batch status": (
        ("What is not over", "batch status"),
        ("One job, live", "batch status lente --watch"),
    ),
    "batch list": (
        ("All jobs", "batch list"),
        ("For another program", "batch list --json"),
    ),
    "batch results": (
        ("For a spreadsheet", "batch results lente --output resultaat.csv"),
        ("For another program", "batch results lente --json"),
    ),
    "batch report": (("To read in a browser or on paper", "batch report lente --output lente.html"),),
    "batch cancel": (("Begin no more rows", "batch cancel lente"),),
    "batch resume": (("Go on with what was canceled", "batch resume lente"),),
    "batch settle": (
        ("Only look; nothing is sent", "batch settle lente"),
        ("Send what is proven not to be there", "batch settle lente --send-again"),
    ),
    "batch retry": (
        ("Everything that is not in the portal for certain", "batch retry lente"),
        ("Only what was rejected", "batch retry lente --outcome rejected"),
    ),
    "batch delete": (("Forget a job; nothing changes in the portal", "batch delete lente"),),
}
