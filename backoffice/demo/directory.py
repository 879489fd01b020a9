"""The demo's companies, with their users, customers, contacts and canned answers."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from backoffice.demo.builder import FIRST_DAY, DemoBuilder, DemoStep, demo_id, later, person_id, rng_for
from backoffice.people import roles
from backoffice.people.models import Company, Contact, Customer, User
from backoffice.records.actors import Channel
from backoffice.workplace.models import CannedAnswer

OURS, THEIRS = demo_id("company ours"), demo_id("company theirs")
HANSEN = "1234567890abcdef12345678"
"""The id of Hansen Boligforening ApS, the customer of the documented support case."""
CANNED = {
    "On our way": "Dear {contact},\n\nthank you for telling us about {object}. We will come within two working days.\n\n{me}, {company}",
    "Done": "Dear {contact},\n\nthe work is finished. If the problem is not solved, please reply and quote the number {number}.\n\n{me}, {company}",
    "Restart the box": "Hello {customer},\n\nplease unplug your {device} for ten seconds, and write to us "
    "if the problem returns. Please quote case no. {number}.\n\n{me}",
    "Access needed": "Dear {contact},\n\nto repair this, we need access to {address}. When would suit you?\n\n{me}",
}
"""Saved replies, by title."""
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
"""The users who can sign in, by username."""

COLLEAGUES = {
    "jonas": DemoPerson("Jonas", "Berg", roles.FACILITY_STAFF),
    "fatima": DemoPerson("Fatima", "Yılmaz", roles.FACILITY_STAFF),
    "mette": DemoPerson("Mette", "Friis", roles.SUPPORT_STAFF),
    "hans": DemoPerson("Hans", "Hansen", "", customer="Hansen Boligforening ApS"),
    "ursina": DemoPerson("Ursina", "Caduff", roles.FACILITY_STAFF, company=THEIRS),
}
"""The users without a password, by username."""


@dataclass(frozen=True)
class DemoCustomer:
    """A customer with address and notes. `reseller` is the name of the customer who brought it."""

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

CUSTOMERS = [
    DemoCustomer(NORD, "Industrivej 18", "8260", "Viby J", "Forhandler af IPTV i Jylland og på Fyn."),
    DemoCustomer(ALPEN, "Bahnhofstrasse 27", "8610", "Uster", "Wiederverkäufer für die Deutschschweiz.", country=CH),
    DemoCustomer("Hansen Boligforening ApS", "Vesterbrogade 41", "1620", "København V",
          "Boligforening med 14 opgange. Viceværten træffes hverdage 8–10.", NORD),
    DemoCustomer("Andelsboligforeningen Solsikken", "Solsikkevej 3", "5230", "Odense M", "", NORD),
    DemoCustomer("Grundejerforeningen Strandengen", "Strandengen 112", "6700", "Esbjerg", "Kun henvendelse til formanden.", NORD),
    DemoCustomer("Kollegiet Nordlyset", "Skejbyparken 360", "8200", "Aarhus N", "120 værelser, mange netværksspørgsmål.", NORD),
    DemoCustomer("Hotel Fjordblik", "Havnegade 9", "7100", "Vejle", "TV i 64 værelser.", NORD),
    DemoCustomer("Plejecentret Egelunden", "Egelundsvej 20", "2620", "Albertslund", "Beboerne ringer; personalet skriver.", NORD),
    DemoCustomer("Aarhus Ejendomsservice A/S", "Søren Frichs Vej 50", "8230", "Åbyhøj"),
    DemoCustomer("Lyngby Gymnasium", "Lundtoftevej 95", "2800", "Kongens Lyngby", "Ingen arbejder i eksamensugerne."),
    DemoCustomer("Tandlægehuset Amager", "Amagerbrogade 132", "2300", "København S"),
    DemoCustomer("Bageriet Kornblomsten", "Jægersborggade 22", "2200", "København N", "Adgang før kl. 5 eller efter kl. 14."),
    DemoCustomer("Møller & Søn Maskinfabrik A/S", "Fabriksvej 7", "4600", "Køge", "Sikkerhedssko i hallerne."),
    DemoCustomer("Biblioteket på Havnen", "Havnepladsen 1", "9000", "Aalborg"),
    DemoCustomer("Roskilde Svømmehal", "Bymarken 37", "4000", "Roskilde"),
    DemoCustomer("Advokaterne Brandt Krogh", "Bredgade 30", "1260", "København K", "Fakturaer kun elektronisk."),
    DemoCustomer("Genossenschaft Seeblick", "Seestrasse 84", "8820", "Wädenswil", "38 Wohnungen, Hauswart Herr Ammann.", ALPEN, CH),
    DemoCustomer("Hotel Bellevue am Pilatus", "Haldenstrasse 12", "6006", "Luzern", "IPTV in 92 Zimmern.", ALPEN, CH),
    DemoCustomer("Alterszentrum Lindenhof", "Lindenweg 5", "3006", "Bern", "", ALPEN, CH),
    DemoCustomer("Kantonsschule Rychenberg", "Rychenbergstrasse 110", "8400", "Winterthur", country=CH),
    DemoCustomer("Bäckerei Zürcher & Töchter", "Marktgasse 33", "9000", "St. Gallen", country=CH),
    DemoCustomer("Zahnarztpraxis Dr. Meier-Rüegg", "Aeschenvorstadt 48", "4051", "Basel", country=CH),
    DemoCustomer("Käserei Emmental eG", "Dorfstrasse 2", "3550", "Langnau i. E.", "Hygieneschleuse beachten.", country=CH),
    DemoCustomer("Bergbahnen Rigiblick AG", "Talstation 1", "6410", "Goldau", country=CH),
    DemoCustomer("Stadtwerke Chur", "Felsenaustrasse 29", "7000", "Chur", company=THEIRS, country=CH),
    DemoCustomer("Weingut Pfister", "Rebbergweg 14", "7304", "Maienfeld", company=THEIRS, country=CH),
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


def customers_of(company: str) -> list[DemoCustomer]:
    return [customer for customer in CUSTOMERS if customer.company == company]


def contacts_of(customer: DemoCustomer) -> list[str]:
    """Return the ids of a customer's contacts."""
    count = rng_for(f"contacts of {customer.name}").choice([1, 2, 2, 3])
    return [demo_id(f"contact {index} of {customer.name}") for index in range(count)]


def add(builder: DemoBuilder) -> None:
    """Add the demo data of this module."""
    for company, name, language in (
        (OURS, "Nordlys Service A/S", "da"),
        (THEIRS, "Alpenblick Facility AG", "de"),
    ):
        steps = [DemoStep(FOUNDED, "", {"name": name, "language": language}, Channel.COMMAND)]
        builder.add_record(Company, f"company {name}", steps, id=company)
    # Resellers come first in the list: users and other customers refer to them.
    for customer in builder.track("customers", CUSTOMERS):
        builder.add_record(
            Customer,
            f"customer {customer.name}",
            _customer(customer),
            company=customer.company,
            id=customer_id(customer.name),
        )
    for username, person in builder.track("users", (PEOPLE | COLLEAGUES).items()):
        builder.add_record(
            User,
            f"user {username}",
            _user(builder, username, person),
            company=person.company,
            id=person_id(username),
        )
    for customer in builder.track("contacts", CUSTOMERS):
        for index, pk in enumerate(contacts_of(customer)):
            builder.add_record(
                Contact,
                f"contact {index} of {customer.name}",
                _contact(customer, index),
                company=customer.company,
                id=pk,
            )
    for title, text in CANNED.items():
        steps = [DemoStep(FOUNDED + timedelta(days=80), "admin", {"title": title, "text": text})]
        builder.add_record(CannedAnswer, f"canned answer {title}", steps, company=OURS)


def _customer(customer: DemoCustomer) -> list[DemoStep]:
    rng = rng_for(f"customer {customer.name}")
    number = 10001 + customers_of(customer.company).index(customer)
    values = {
        "number": number,
        "name": customer.name,
        "address_street": customer.street,
        "address_zip": customer.zip,
        "address_city": customer.city,
        "address_country": customer.country,
        "email": f"kontakt{number}@example.com",
        "phone": telephone(rng, customer.country),
        "description": customer.notes,
    }
    if customer.reseller:
        values["parent_reseller"] = customer_id(customer.reseller)
    return [DemoStep(FOUNDED + timedelta(days=number - 10000), "", values, Channel.COMMAND)]


def _user(builder: DemoBuilder, username: str, person: DemoPerson) -> list[DemoStep]:
    values = {
        "username": username,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": f"{username}@example.com",
        "roles": [person.role] if person.role else [],
        "customer": customer_id(person.customer) if person.customer else None,
    }
    if username in PEOPLE:
        values["password"] = builder.hash_password()
    return [DemoStep(FOUNDED + timedelta(days=1), "", values, Channel.COMMAND)]


def _contact(customer: DemoCustomer, index: int) -> list[DemoStep]:
    rng = rng_for(f"contact {index} of {customer.name}")
    first, last = rng.choice(FIRST_NAMES[customer.country]), rng.choice(LAST_NAMES[customer.country])
    number = 20001 + sum(
        len(contacts_of(other))
        for other in customers_of(customer.company)[: customers_of(customer.company).index(customer)]
    )
    values = {
        "number": number + index,
        "customer": customer_id(customer.name),
        "first_name": first,
        "last_name": last,
        "role": rng.choice(JOBS[customer.country]),
        "email": f"person{number + index}@example.com",
        "phone": telephone(rng, customer.country),
    }
    created_at = later(rng, FOUNDED + timedelta(days=40 + index), hours=400)
    username = "admin" if customer.company == OURS else "charlie"
    steps = [DemoStep(created_at, username, values)]
    if rng.random() < 0.3:
        new_phone = {"phone": telephone(rng, customer.country)}
        steps.append(
            DemoStep(
                later(rng, FIRST_DAY, hours=2000),
                username,
                new_phone,
                rng.choice([Channel.BROWSER, Channel.ADMIN]),
            )
        )
    return steps


def telephone(rng, country: str) -> str:
    """Return a fictitious telephone number."""
    if country == CH:
        return f"+41 99 {rng.randrange(100, 1000)} {rng.randrange(10, 100)} {rng.randrange(10, 100)}"
    return f"+45 5550 {rng.randrange(1000, 10000)}"
