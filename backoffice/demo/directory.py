"""The demo's companies, the people in them, and whom they work for."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from backoffice.demo.base import FIRST_DAY, DemoBuilder, DemoStep, chance, demo_id, later, person_id
from backoffice.people import roles
from backoffice.people.models import Company, Contact, Customer, User
from backoffice.records.actors import Channel
from backoffice.workplace.models import CannedAnswer

OURS, THEIRS = demo_id("company ours"), demo_id("company theirs")
HANSEN = "1234567890abcdef12345678"
"""Hansen Boligforening ApS, whose support case is the documented example."""
CANNED = {
    "On our way": "Dear {contact},\n\nthank you for telling us about {object}. We come within two working days.\n\n{me}, {company}",
    "Done": "Dear {contact},\n\nit is done. If anything is left of it, answer with the number {number}.\n\n{me}, {company}",
    "Restart the box": "Hello {customer},\n\nplease take the power from your {device} for ten seconds, and write to us "
    "if the trouble comes back. Your case is no. {number}.\n\n{me}",
    "We need to get in": "Dear {contact},\n\nto repair this we have to come in at {address}. When are you at home?\n\n{me}",
}
"""Answers that are given again and again."""
FOUNDED = datetime(2019, 3, 4, 8, 0, tzinfo=timezone.utc)


@dataclass(frozen=True)
class DemoPerson:
    first_name: str
    last_name: str
    role: str
    company: str = OURS
    customer: str = ""
    note: str = ""


PEOPLE = {
    "admin": DemoPerson("Astrid", "Holm", roles.ADMINISTRATOR),
    "alice": DemoPerson("Alice", "Sørensen", roles.FACILITY_STAFF),
    "sven": DemoPerson("Sven", "Bakkegaard", roles.SUPPORT_STAFF),
    "rikke": DemoPerson("Rikke", "Lind", roles.RESELLER, customer="Nordkabel ApS", note=" (Nordkabel ApS)"),
    "vera": DemoPerson("Vera", "Keller", roles.VIEWER),
    "charlie": DemoPerson(
        "Charlie", "Baumann", roles.FACILITY_STAFF, company=THEIRS, note=" (another company)"
    ),
}
"""Who can sign in."""

COLLEAGUES = {
    "jonas": DemoPerson("Jonas", "Berg", roles.FACILITY_STAFF),
    "fatima": DemoPerson("Fatima", "Yılmaz", roles.FACILITY_STAFF),
    "mette": DemoPerson("Mette", "Friis", roles.SUPPORT_STAFF),
    "hans": DemoPerson("Hans", "Hansen", "", customer="Hansen Boligforening ApS"),
    "ursina": DemoPerson("Ursina", "Caduff", roles.FACILITY_STAFF, company=THEIRS),
}
"""Who is there, but was never given a password."""


@dataclass(frozen=True)
class DemoCompany:
    """A customer: name, address, notes; `reseller` is the customer through whom it came."""

    name: str
    street: str
    zip: str
    city: str
    notes: str = ""
    reseller: str = ""
    country: str = "Danmark"
    company: str = OURS


NORD, ALPEN = "Nordkabel ApS", "Alpenfunk GmbH"
CH = "Schweiz"

HOUSES = [
    DemoCompany(NORD, "Industrivej 18", "8260", "Viby J", "Forhandler af IPTV i Jylland og på Fyn."),
    DemoCompany(ALPEN, "Bahnhofstrasse 27", "8610", "Uster", "Wiederverkäufer für die Deutschschweiz.", country=CH),
    DemoCompany("Hansen Boligforening ApS", "Vesterbrogade 41", "1620", "København V",
          "Boligforening med 14 opgange. Viceværten træffes hverdage 8–10.", NORD),
    DemoCompany("Andelsboligforeningen Solsikken", "Solsikkevej 3", "5230", "Odense M", "", NORD),
    DemoCompany("Grundejerforeningen Strandengen", "Strandengen 112", "6700", "Esbjerg", "Kun henvendelse til formanden.", NORD),
    DemoCompany("Kollegiet Nordlyset", "Skejbyparken 360", "8200", "Aarhus N", "120 værelser, mange netværksspørgsmål.", NORD),
    DemoCompany("Hotel Fjordblik", "Havnegade 9", "7100", "Vejle", "TV i 64 værelser.", NORD),
    DemoCompany("Plejecentret Egelunden", "Egelundsvej 20", "2620", "Albertslund", "Beboerne ringer; personalet skriver.", NORD),
    DemoCompany("Aarhus Ejendomsservice A/S", "Søren Frichs Vej 50", "8230", "Åbyhøj"),
    DemoCompany("Lyngby Gymnasium", "Lundtoftevej 95", "2800", "Kongens Lyngby", "Ingen arbejder i eksamensugerne."),
    DemoCompany("Tandlægehuset Amager", "Amagerbrogade 132", "2300", "København S"),
    DemoCompany("Bageriet Kornblomsten", "Jægersborggade 22", "2200", "København N", "Adgang før kl. 5 eller efter kl. 14."),
    DemoCompany("Møller & Søn Maskinfabrik A/S", "Fabriksvej 7", "4600", "Køge", "Sikkerhedssko i hallerne."),
    DemoCompany("Biblioteket på Havnen", "Havnepladsen 1", "9000", "Aalborg"),
    DemoCompany("Roskilde Svømmehal", "Bymarken 37", "4000", "Roskilde"),
    DemoCompany("Advokaterne Brandt Krogh", "Bredgade 30", "1260", "København K", "Fakturaer kun elektronisk."),
    DemoCompany("Genossenschaft Seeblick", "Seestrasse 84", "8820", "Wädenswil", "38 Wohnungen, Hauswart Herr Ammann.", ALPEN, CH),
    DemoCompany("Hotel Bellevue am Pilatus", "Haldenstrasse 12", "6006", "Luzern", "IPTV in 92 Zimmern.", ALPEN, CH),
    DemoCompany("Alterszentrum Lindenhof", "Lindenweg 5", "3006", "Bern", "", ALPEN, CH),
    DemoCompany("Kantonsschule Rychenberg", "Rychenbergstrasse 110", "8400", "Winterthur", country=CH),
    DemoCompany("Bäckerei Zürcher & Töchter", "Marktgasse 33", "9000", "St. Gallen", country=CH),
    DemoCompany("Zahnarztpraxis Dr. Meier-Rüegg", "Aeschenvorstadt 48", "4051", "Basel", country=CH),
    DemoCompany("Käserei Emmental eG", "Dorfstrasse 2", "3550", "Langnau i. E.", "Hygieneschleuse beachten.", country=CH),
    DemoCompany("Bergbahnen Rigiblick AG", "Talstation 1", "6410", "Goldau", country=CH),
    DemoCompany("Stadtwerke Chur", "Felsenaustrasse 29", "7000", "Chur", company=THEIRS, country=CH),
    DemoCompany("Weingut Pfister", "Rebbergweg 14", "7304", "Maienfeld", company=THEIRS, country=CH),
]  # fmt: skip

FIRST_NAMES = {
    "Danmark": ["Karen", "Jens", "Lærke", "Søren", "Ingrid", "Åge", "Birgitte", "Mads", "Nanna", "Ole", "Tove", "Bjørn"],
    CH: ["Urs", "Regula", "Beat", "Silvia", "Reto", "Annelies", "Köbi", "Ladina", "Jürg", "Vreni"],
}  # fmt: skip
LAST_NAMES = {
    "Danmark": ["Nielsen", "Kjær", "Østergaard", "Mikkelsen", "Bæk", "Thomsen", "Ravn", "Lundgaard", "Dahl", "Holst"],
    CH: ["Ammann", "Zürcher", "Brändli", "Hürlimann", "Wyss", "Odermatt", "Caflisch", "Rüegg", "Stähelin"],
}  # fmt: skip
JOBS = {
    "Danmark": ["Vicevært", "Formand", "Bogholder", "Sekretær", "Driftsleder", "Receptionist"],
    CH: ["Hauswart", "Verwaltung", "Buchhaltung", "Sekretariat", "Leitung Betrieb"],
}


def customer_id(name: str) -> str:
    return HANSEN if name == "Hansen Boligforening ApS" else demo_id(f"customer {name}")


def houses(company: str) -> list[DemoCompany]:
    return [house for house in HOUSES if house.company == company]


def contacts_of(house: DemoCompany) -> list[str]:
    """The ids of a customer's contacts."""
    count = chance(f"contacts of {house.name}").choice([1, 2, 2, 3])
    return [demo_id(f"contact {place} of {house.name}") for place in range(count)]


def add(sample: DemoBuilder) -> None:
    """The whole of this module's part."""
    for company, name, language in (
        (OURS, "Nordlys Service A/S", "da"),
        (THEIRS, "Alpenblick Facility AG", "de"),
    ):
        steps = [DemoStep(FOUNDED, "", {"name": name, "language": language}, Channel.COMMAND)]
        sample.tell(Company, f"company {name}", steps, id=company)
    # Resellers come first: people and other customers point at them.
    for house in sample.each("customers", HOUSES):
        sample.tell(
            Customer,
            f"customer {house.name}",
            _customer(house),
            company=house.company,
            id=customer_id(house.name),
        )
    for username, person in sample.each("users", (PEOPLE | COLLEAGUES).items()):
        sample.tell(
            User,
            f"user {username}",
            _user(sample, username, person),
            company=person.company,
            id=person_id(username),
        )
    for house in sample.each("contacts", HOUSES):
        for place, pk in enumerate(contacts_of(house)):
            sample.tell(
                Contact,
                f"contact {place} of {house.name}",
                _contact(house, place),
                company=house.company,
                id=pk,
            )
    for title, text in CANNED.items():
        steps = [DemoStep(FOUNDED + timedelta(days=80), "admin", {"title": title, "text": text})]
        sample.tell(CannedAnswer, f"canned answer {title}", steps, company=OURS)


def _customer(house: DemoCompany) -> list[DemoStep]:
    luck = chance(f"customer {house.name}")
    number = 10001 + houses(house.company).index(house)
    values = {
        "number": number,
        "name": house.name,
        "address_street": house.street,
        "address_zip": house.zip,
        "address_city": house.city,
        "address_country": house.country,
        "email": f"kontakt{number}@example.com",
        "phone": telephone(luck, house.country),
        "description": house.notes,
    }
    if house.reseller:
        values["parent_reseller"] = customer_id(house.reseller)
    return [DemoStep(FOUNDED + timedelta(days=number - 10000), "", values, Channel.COMMAND)]


def _user(sample: DemoBuilder, username: str, person: DemoPerson) -> list[DemoStep]:
    values = {
        "username": username,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": f"{username}@example.com",
        "roles": [person.role] if person.role else [],
        "customer": customer_id(person.customer) if person.customer else None,
    }
    if username in PEOPLE:
        values["password"] = sample.hashed()
    return [DemoStep(FOUNDED + timedelta(days=1), "", values, Channel.COMMAND)]


def _contact(house: DemoCompany, place: int) -> list[DemoStep]:
    luck = chance(f"contact {place} of {house.name}")
    first, last = luck.choice(FIRST_NAMES[house.country]), luck.choice(LAST_NAMES[house.country])
    number = 20001 + sum(
        len(contacts_of(other)) for other in houses(house.company)[: houses(house.company).index(house)]
    )
    values = {
        "number": number + place,
        "customer": customer_id(house.name),
        "first_name": first,
        "last_name": last,
        "role": luck.choice(JOBS[house.country]),
        "email": f"person{number + place}@example.com",
        "phone": telephone(luck, house.country),
    }
    began = later(luck, FOUNDED + timedelta(days=40 + place), hours=400)
    who = "admin" if house.company == OURS else "charlie"
    steps = [DemoStep(began, who, values)]
    if luck.random() < 0.3:
        moved = {"phone": telephone(luck, house.country)}
        steps.append(
            DemoStep(
                later(luck, FIRST_DAY, hours=2000), who, moved, luck.choice([Channel.BROWSER, Channel.ADMIN])
            )
        )
    return steps


def telephone(luck, country: str) -> str:
    """A number that was made up."""
    if country == CH:
        return f"+41 99 {luck.randrange(100, 1000)} {luck.randrange(10, 100)} {luck.randrange(10, 100)}"
    return f"+45 5550 {luck.randrange(1000, 10000)}"
