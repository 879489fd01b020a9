"""The generated companies' customers, whom one meets there, and their own people."""

from datetime import timedelta
from functools import partial

from backoffice.demo import directory
from backoffice.demo.generator import BEGAN, GeneratedModel, GeneratedRecords
from backoffice.people import roles
from backoffice.people.models import Contact, Customer, User

_PEOPLE = (
    roles.ADMINISTRATOR, roles.FACILITY_STAFF, roles.SUPPORT_STAFF, roles.VIEWER, roles.FACILITY_STAFF,
    roles.FACILITY_STAFF, roles.SUPPORT_STAFF, roles.FACILITY_STAFF,
)  # fmt: skip
"""The roles of the people, over and over."""

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


def country_of(luck) -> str:
    """Two thirds are in Denmark."""
    return luck.choice(["Danmark", "Danmark", directory.CH])


def address(luck, country: str) -> dict:
    _firms, _names, streets, towns = COUNTRIES[country]
    code, town = luck.choice(towns)
    return {
        "address_street": f"{luck.choice(streets)} {luck.randrange(1, 200)}",
        "address_zip": code,
        "address_city": town,
        "address_country": country,
    }


def person(luck, country: str) -> tuple[str, str]:
    """A first and a last name."""
    return luck.choice(directory.FIRST_NAMES[country]), luck.choice(directory.LAST_NAMES[country])


def role_of(place: int) -> str:
    return _PEOPLE[place % len(_PEOPLE)]


def username(yard, place: int) -> str:
    """Nobody else has it: a part of the id is in it that the others of the same company and seed have too."""
    return f"{role_of(place).split()[0].lower()}{place}-{yard.id_of('people', place)[8:14]}"


def staff(yard, luck, role: str) -> str:
    """The id of somebody with a role, or of anybody if there is nobody."""

    def found() -> list[str]:
        wanted = {
            yard.id_of("people", place) for place in range(yard.counts["people"]) if role_of(place) == role
        }
        people = yard.there("people")
        return [pk for pk in people if pk in wanted] or people

    return luck.choice(yard.kept(("staff", role), found))


def _person(yard, luck, place, at) -> GeneratedRecords:
    first, last = person(luck, country_of(luck))
    name = username(yard, place)
    values = {"username": name, "first_name": first, "last_name": last, "email": f"{name}@example.com",
              "roles": [role_of(place)], "password": yard.password}  # fmt: skip
    return GeneratedRecords(values, BEGAN - timedelta(days=30))


def _customer(yard, luck, place, at, reseller: bool) -> GeneratedRecords:
    country = country_of(luck)
    firms, names, *_rest = COUNTRIES[country]
    what = "TV Net" if reseller else luck.choice(firms)
    values = {
        **address(luck, country),
        "name": f"{what} {luck.choice(names)} {place + 1}",
        "email": f"{'net' if reseller else 'kontakt'}{place + 1}@example.com",
        "phone": directory.telephone(luck, country),
    }
    if not reseller and luck.random() < 0.4 and yard.there("resellers"):
        values["parent_reseller"] = luck.choice(yard.there("resellers"))
    return GeneratedRecords(
        values, BEGAN - timedelta(days=20) if reseller else at, luck.choice(yard.there("people"))
    )


def _contact(yard, luck, place, at) -> GeneratedRecords:
    country = country_of(luck)
    first, last = person(luck, country)
    values = {"customer": luck.choice(yard.there("customers")), "first_name": first, "last_name": last,
              "role": luck.choice(directory.JOBS[country]), "email": f"person{place + 1}@example.com",
              "phone": directory.telephone(luck, country)}  # fmt: skip
    return GeneratedRecords(values, at, luck.choice(yard.there("people")))


KINDS = [
    GeneratedModel("people", User, 12, _person),
    GeneratedModel("resellers", Customer, 5, partial(_customer, reseller=True), ("people",)),
    GeneratedModel("customers", Customer, 200, partial(_customer, reseller=False), ("people",)),
    GeneratedModel("contacts", Contact, 300, _contact, ("people", "customers")),
]
