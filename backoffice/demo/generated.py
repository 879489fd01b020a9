"""Generated users, customers and contacts."""

import json
from datetime import timedelta
from functools import partial
from pathlib import Path

from backoffice.demo.generator import FIRST_CREATED, GeneratedModel, GeneratedRecord
from backoffice.people import roles
from backoffice.people.models import Contact, Customer, User

_ROLES = (
    roles.ADMINISTRATOR, roles.FACILITY_STAFF, roles.SUPPORT_STAFF, roles.VIEWER, roles.FACILITY_STAFF,
    roles.FACILITY_STAFF, roles.SUPPORT_STAFF, roles.FACILITY_STAFF,
)  # fmt: skip
"""The roles of users, repeated."""

COUNTRIES = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
"""Names, streets and towns by country."""
SWITZERLAND = "Schweiz"


def country_of(rng) -> str:
    """Choose a country; two thirds are Denmark."""
    return rng.choice(["Danmark", "Danmark", SWITZERLAND])


def address(rng, country: str) -> dict:
    streets = COUNTRIES[country]["streets"]
    code, town = rng.choice(COUNTRIES[country]["towns"])
    return {
        "address_street": f"{rng.choice(streets)} {rng.randrange(1, 200)}",
        "address_zip": code,
        "address_city": town,
        "address_country": country,
    }


def person(rng, country: str) -> tuple[str, str]:
    """Choose a first and a last name."""
    return rng.choice(COUNTRIES[country]["first_names"]), rng.choice(COUNTRIES[country]["last_names"])


def telephone(rng, country: str) -> str:
    """Return a fictitious telephone number."""
    if country == SWITZERLAND:
        return f"+41 99 {rng.randrange(100, 1000)} {rng.randrange(10, 100)} {rng.randrange(10, 100)}"
    return f"+45 5550 {rng.randrange(1000, 10000)}"


def role_of(index: int) -> str:
    return _ROLES[index % len(_ROLES)]


def username(company, index: int) -> str:
    """Return a unique username. It contains the part of the id that is common to a company and seed."""
    return f"{role_of(index).split()[0].lower()}{index}-{company.id_of('people', index)[8:14]}"


def staff(company, rng, role: str) -> str:
    """Choose the id of a user with a role, or of any user if there is none."""

    def find() -> list[str]:
        wanted = {
            company.id_of("people", index)
            for index in range(company.counts["people"])
            if role_of(index) == role
        }
        people = company.existing_ids("people")
        return [pk for pk in people if pk in wanted] or people

    return rng.choice(company.cached(("staff", role), find))


def _person(company, rng, index, at) -> GeneratedRecord:
    first, last = person(rng, country_of(rng))
    name = username(company, index)
    values = {"username": name, "first_name": first, "last_name": last, "email": f"{name}@example.com",
              "roles": [role_of(index)], "password": company.password}  # fmt: skip
    return GeneratedRecord(values, FIRST_CREATED - timedelta(days=30))


def _customer(company, rng, index, at, reseller: bool) -> GeneratedRecord:
    country = country_of(rng)
    kind_of_firm = "TV Net" if reseller else rng.choice(COUNTRIES[country]["firms"])
    values = {
        **address(rng, country),
        "name": f"{kind_of_firm} {rng.choice(COUNTRIES[country]['names'])} {index + 1}",
        "email": f"{'net' if reseller else 'kontakt'}{index + 1}@example.com",
        "phone": telephone(rng, country),
    }
    if not reseller and rng.random() < 0.4 and company.existing_ids("resellers"):
        values["parent_reseller"] = rng.choice(company.existing_ids("resellers"))
    return GeneratedRecord(
        values,
        FIRST_CREATED - timedelta(days=20) if reseller else at,
        rng.choice(company.existing_ids("people")),
    )


def _contact(company, rng, index, at) -> GeneratedRecord:
    country = country_of(rng)
    first, last = person(rng, country)
    values = {"customer": rng.choice(company.existing_ids("customers")), "first_name": first, "last_name": last,
              "role": rng.choice(COUNTRIES[country]["jobs"]), "email": f"person{index + 1}@example.com",
              "phone": telephone(rng, country)}  # fmt: skip
    return GeneratedRecord(values, at, rng.choice(company.existing_ids("people")))


GENERATED_MODELS = [
    GeneratedModel("people", User, 12, _person),
    GeneratedModel("resellers", Customer, 5, partial(_customer, reseller=True), ("people",)),
    GeneratedModel("customers", Customer, 200, partial(_customer, reseller=False), ("people",)),
    GeneratedModel("contacts", Contact, 300, _contact, ("people", "customers")),
]
