"""Generated users, customers and contacts."""

from datetime import timedelta
from functools import partial

from backoffice.demo import directory
from backoffice.demo.generator import FIRST_CREATED, GeneratedModel, GeneratedRecord
from backoffice.people import roles
from backoffice.people.models import Contact, Customer, User

_ROLES = (
    roles.ADMINISTRATOR, roles.FACILITY_STAFF, roles.SUPPORT_STAFF, roles.VIEWER, roles.FACILITY_STAFF,
    roles.FACILITY_STAFF, roles.SUPPORT_STAFF, roles.FACILITY_STAFF,
)  # fmt: skip
"""The roles of users, repeated."""

COUNTRIES = {
    "Danmark": (
        ["Boligforeningen", "Grundejerforeningen", "Hotel", "Plejecentret", "Kollegiet", "Skolen", "Kontorhuset", "Klinikken"],
        ["Solsikken", "Strandengen", "Nordlyset", "Fjordblik", "Egelunden", "Åparken", "Bøgehøj", "Havnen", "Møllen"],
        ["Enghavevej", "Skovbrynet", "Nørregade", "Østergade", "Birkevænget", "Havnegade", "Kirkestræde", "Søndervang"],
        [("1620", "København V"), ("5230", "Odense M"), ("8200", "Aarhus N"), ("9000", "Aalborg"), ("4600", "Køge")],
    ),
    directory.CH: (
        ["Genossenschaft", "Hotel", "Alterszentrum", "Kantonsschule", "Verwaltung", "Praxis", "Überbauung"],
        ["Seeblick", "Lindenhof", "Pilatus", "Rychenberg", "Rebberg", "Säntis", "Zürcherhof", "Bachtobel"],
        ["Seestrasse", "Lindenweg", "Bahnhofstrasse", "Dorfstrasse", "Rebbergweg", "Marktgasse", "Höhenweg"],
        [("8820", "Wädenswil"), ("6006", "Luzern"), ("3006", "Bern"), ("8400", "Winterthur"), ("4051", "Basel")],
    ),
}  # fmt: skip


def country_of(rng) -> str:
    """Choose a country; two thirds are Denmark."""
    return rng.choice(["Danmark", "Danmark", directory.CH])


def address(rng, country: str) -> dict:
    _firms, _names, streets, towns = COUNTRIES[country]
    code, town = rng.choice(towns)
    return {
        "address_street": f"{rng.choice(streets)} {rng.randrange(1, 200)}",
        "address_zip": code,
        "address_city": town,
        "address_country": country,
    }


def person(rng, country: str) -> tuple[str, str]:
    """Choose a first and a last name."""
    return rng.choice(directory.FIRST_NAMES[country]), rng.choice(directory.LAST_NAMES[country])


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
    firms, names, *_rest = COUNTRIES[country]
    kind_of_firm = "TV Net" if reseller else rng.choice(firms)
    values = {
        **address(rng, country),
        "name": f"{kind_of_firm} {rng.choice(names)} {index + 1}",
        "email": f"{'net' if reseller else 'kontakt'}{index + 1}@example.com",
        "phone": directory.telephone(rng, country),
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
              "role": rng.choice(directory.JOBS[country]), "email": f"person{index + 1}@example.com",
              "phone": directory.telephone(rng, country)}  # fmt: skip
    return GeneratedRecord(values, at, rng.choice(company.existing_ids("people")))


GENERATED_MODELS = [
    GeneratedModel("people", User, 12, _person),
    GeneratedModel("resellers", Customer, 5, partial(_customer, reseller=True), ("people",)),
    GeneratedModel("customers", Customer, 200, partial(_customer, reseller=False), ("people",)),
    GeneratedModel("contacts", Contact, 300, _contact, ("people", "customers")),
]
