"""The Customer Subscription Packages API: ready-made subscriptions, and signing up for them.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-subscription-packages-api
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from mijnklantportaal_async import models
from mijnklantportaal_async.api.customer_subscriptions import LIST_CUSTOMER_SUBSCRIPTIONS
from mijnklantportaal_async.calling.body import Body, Changes
from mijnklantportaal_async.calling.operations import Operations
from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.calling.wire import Look, creating, reading, setting
from mijnklantportaal_async.texts.words import words
from mijnklantportaal_async.values.unset import UNSET, UnsetType

READ, WRITE = "subscription.read", "subscription.write"
_PACKAGES = "/customer-subscription-packages"
_PACKAGE = _PACKAGES + "/{package_id}"

LIST_PACKAGES = reading("list_customer_subscription_packages", _PACKAGES, scope=READ)
CREATE_PACKAGE = creating(
    "create_customer_subscription_package",
    _PACKAGES,
    scope=WRITE,
    # Records do not say when they were made: one alike may be older.
    look=Look(LIST_PACKAGES, ("name", "interval", "amount", "vat_rate"), made=None),
)
GET_PACKAGE = reading("get_customer_subscription_package", _PACKAGE, scope=READ)
CHANGE_PACKAGE = setting("change_customer_subscription_package", _PACKAGE, scope=WRITE)
SIGN_UP_CUSTOMER = creating(
    "sign_up_customer",
    _PACKAGE + "/sign-up",
    scope=WRITE,
    # A subscription does not say of which package it is.
    look=Look(
        LIST_CUSTOMER_SUBSCRIPTIONS,
        ("customer_id", "start_date"),
        told={"start_date": "starts_at", "create_invoice": "options.create_invoice"},
        likeness=words("customer and first day"),
        is_proof=False,
    ),
)
SIGN_UP_NON_CUSTOMER = creating(
    "sign_up_non_customer",
    # The slash at the end is all that tells it from the sign-up of a customer.
    _PACKAGE + "/sign-up/",
    scope=WRITE,
    check_by_hand=words("Look whether they got the payment link; the API cannot list sign-ups that nobody has paid."),
)


class CustomerSubscriptionPackages(Operations):
    """The coroutines of the Customer Subscription Packages API."""

    def list_customer_subscription_packages(self, *, page: int = 1) -> Pager[models.CustomerSubscriptionPackage]:
        """All subscription packages, page by page.

        Args:
            page: The page to begin with.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-subscription-packages-api/list-customer-subscription-packages
        """
        return self._list(LIST_PACKAGES, models.CustomerSubscriptionPackage, page)

    async def create_customer_subscription_package(
        self,
        *,
        name: str,
        interval: models.SubscriptionInterval | str,
        amount: Decimal | int | str,
        vat_rate: int,
        description: str | UnsetType = UNSET,
        available_for_sale: bool | UnsetType = UNSET,
    ) -> models.CustomerSubscriptionPackage:
        """Makes a subscription package, never twice: after a lost answer it looks in the list.

        One that is alike there is an `OutcomeUnknownError`, because packages do not say when they were made.

        Args:
            name: Name of the package.
            interval: Length of one term.
            amount: Euro for one term; whether VAT is in it is not documented.
            vat_rate: Percentage, 0, 9 or 21.
            description: Free text, meant for the terms.
            available_for_sale: Whether it is sold in the portal and on the public page; the default is not documented.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-subscription-packages-api/create-customer-subscription-package
        """
        body = Body().text(name=name, interval=interval).money(amount=amount).whole(vat_rate=vat_rate)
        body.prose(description=description).truth(available_for_sale=available_for_sale)
        return await self._ask(CREATE_PACKAGE, models.CustomerSubscriptionPackage, body)

    async def get_customer_subscription_package(self, package_id: str) -> models.CustomerSubscriptionPackage:
        """One subscription package.

        Args:
            package_id: `spg_...`.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-subscription-packages-api/get-customer-subscription-package
        """
        return await self._ask(GET_PACKAGE, models.CustomerSubscriptionPackage, package_id=package_id)

    async def change_customer_subscription_package(
        self,
        package_id: str,
        *,
        name: str | UnsetType = UNSET,
        description: str | UnsetType = UNSET,
        interval: models.SubscriptionInterval | str | UnsetType = UNSET,
        amount: Decimal | int | str | UnsetType = UNSET,
        vat_rate: int | UnsetType = UNSET,
        available_for_sale: bool | UnsetType = UNSET,
    ) -> models.CustomerSubscriptionPackage:
        """Changes a subscription package: only the fields that are given. None can be emptied.

        Whether running subscriptions follow is not documented.

        Args:
            package_id: `spg_...`.
            name: Name of the package.
            description: Free text, meant for the terms.
            interval: Length of one term.
            amount: Euro for one term.
            vat_rate: Percentage, 0, 9 or 21.
            available_for_sale: Whether it is sold in the portal and on the public page.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-subscription-packages-api/change-customer-subscription-package
        """
        changes = Changes().text(name=name).prose(description=description).text(interval=interval).money(amount=amount)
        changes.whole(vat_rate=vat_rate).truth(available_for_sale=available_for_sale)
        return await self._ask(CHANGE_PACKAGE, models.CustomerSubscriptionPackage, changes, package_id=package_id)

    async def sign_up_customer(
        self,
        package_id: str,
        *,
        customer_id: str,
        start_date: date,
        mandate_id: str | UnsetType = UNSET,
        create_invoice: bool | UnsetType = UNSET,
        invoice_text: str | UnsetType | None = UNSET,
    ) -> models.CustomerSubscription:
        """Starts a subscription for a customer at the terms of a package, never twice.

        After a lost answer it looks among the subscriptions. It is sent again when no new one there could be it; one
        of the same customer and day is an `OutcomeUnknownError`, because it does not say of which package it is.

        Args:
            package_id: `spg_...`.
            customer_id: Customer who gets it, `cst_...`.
            start_date: First day, past or future; `starts_at` of the record.
            mandate_id: Mandate for automatic charging, `mdt_...`; nothing is charged when left out.
            create_invoice: Whether each charge makes an invoice; what happens without it is not documented.
            invoice_text: Text of the invoice; the name of the package when left out, or None.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-subscription-packages-api/sign-up-a-customer-for-a-customer-subscription-package
        """
        body = Body(nullable=("invoice_text",)).identifier(customer_id=customer_id).day(start_date=start_date)
        body.identifier(mandate_id=mandate_id).truth(create_invoice=create_invoice).prose(invoice_text=invoice_text)
        return await self._ask(SIGN_UP_CUSTOMER, models.CustomerSubscription, body, package_id=package_id)

    async def sign_up_non_customer(
        self, package_id: str, *, company_name: str, address: str, zip_code: str, city: str, email: str
    ) -> models.PendingSignUp:
        """Makes a payment link for the first term of a package; the subscription starts once somebody has paid.

        A lost answer is an `OutcomeUnknownError`: the API cannot list what nobody has paid.

        Args:
            package_id: `spg_...`.
            company_name: Name of the customer to be.
            address: Street and house number.
            zip_code: Postal code.
            city: City.
            email: Address for notifications.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-subscription-packages-api/sign-up-a-non-customer-for-a-customer-subscription-package
        """
        body = Body().text(company_name=company_name, address=address, zip_code=zip_code, city=city).email(email=email)
        return await self._ask(SIGN_UP_NON_CUSTOMER, models.PendingSignUp, body, package_id=package_id)
