"""The demo's articles, objects and complaints."""

from datetime import datetime, timedelta, timezone

from backoffice.demo.builder import (
    FIRST_DAY,
    LAST_DAY,
    DemoBuilder,
    DemoStep,
    days_of_work,
    demo_id,
    later,
    person_id,
    rng_for,
)
from backoffice.demo.directory import CH, CUSTOMERS, FOUNDED, OURS, THEIRS, contacts_of, customer_id
from backoffice.records.actors import Channel
from backoffice.records.models import ARCHIVED
from facility.demo import texts
from facility.models import Article, Complaint, CustomerObject

EXAMPLE_COMPLAINT_ID = "507f1f77bcf86cd799439011"
EXAMPLE_OBJECT_ID = "507f1f77bcf86cd799439012"
"""The ids of the documented complaint and of its object."""
EXAMPLE_OBJECT_NAME = "Hansens Gård, opgang A–C"

_CUSTOMERS = {customer.name: customer for customer in CUSTOMERS}
_STAFF, _THEIR_STAFF = ["alice", "alice", "jonas", "fatima"], ["charlie", "ursina"]
_CHANNELS = [Channel.BROWSER, Channel.BROWSER, Channel.BROWSER, Channel.JSON, Channel.ADMIN]


def object_id(customer: str, name: str) -> str:
    return EXAMPLE_OBJECT_ID if name == EXAMPLE_OBJECT_NAME else demo_id(f"object {name} of {customer}")


def article_id(name: str, company: str) -> str:
    return demo_id(f"article {name} of {company}")


def object_names(objects) -> list[tuple[str, str]]:
    """Return the names of the customer and of the object for each object, in the order of their numbers."""
    return [(customer, name) for customer, names in objects for name in names]


def add(builder: DemoBuilder) -> None:
    """Add the demo data of this module."""
    for company, articles in ((OURS, texts.ARTICLES), (THEIRS, texts.ARTICLES[7:9])):
        for index, (name, unit) in enumerate(articles):
            values = {"number": 5001 + index, "name": name, "unit": unit}
            steps = [DemoStep(FOUNDED + timedelta(days=70 + index), "", values, Channel.COMMAND)]
            builder.add_record(
                Article, f"article {name} of {company}", steps, company=company, id=article_id(name, company)
            )
    objects = [(OURS, place, _STAFF) for place in enumerate(object_names(texts.OBJECTS))]
    objects += [(THEIRS, place, _THEIR_STAFF) for place in enumerate(object_names(texts.THEIR_OBJECTS))]
    for company, (index, (customer, name)), staff in builder.track("objects", objects):
        steps = _object(customer, name, 701 + index, company, staff)
        builder.add_record(
            CustomerObject,
            f"object {name} of {customer}",
            steps,
            company=company,
            id=object_id(customer, name),
        )
    ours = _complaints(OURS, object_names(texts.OBJECTS), 199, _STAFF)
    theirs = _complaints(THEIRS, object_names(texts.THEIR_OBJECTS), 5, _THEIR_STAFF)
    documented = ("the complaint", OURS, EXAMPLE_COMPLAINT_ID, _example_complaint())
    for name, company, pk, steps in builder.track("complaints", [*ours, documented, *theirs]):
        builder.add_record(Complaint, name, steps, company=company, id=pk)


def _object(customer: str, name: str, number: int, company: str, staff: list[str]) -> list[DemoStep]:
    rng = rng_for(f"object {name} of {customer}")
    values = _object_values(rng, customer, name, number, company, staff)
    created_at = later(rng, values["contract_start_date"], hours=-300)
    steps = [
        DemoStep(
            max(created_at, FOUNDED + timedelta(days=90)), "admin" if company == OURS else "charlie", values
        )
    ]
    if rng.random() < 0.5:
        at = later(rng, FIRST_DAY, hours=1500)
        steps.append(
            DemoStep(
                at, rng.choice(staff), {"security_code": _code(rng), "rating": 4.5}, rng.choice(_CHANNELS)
            )
        )
    if rng.random() < 0.3:
        at = later(rng, FIRST_DAY, hours=4000)
        steps.append(
            DemoStep(at, rng.choice(staff), {"object_manager": person_id(rng.choice(staff))}, Channel.BULK)
        )
    if number % 19 == 0:
        steps.append(
            DemoStep(LAST_DAY - timedelta(days=60), steps[0].username, {"status": ARCHIVED}, Channel.ADMIN)
        )
    return steps


def _object_values(rng, customer: str, name: str, number: int, company: str, staff: list[str]) -> dict:
    owner = _CUSTOMERS[customer]
    latitude, longitude = texts.PLACES[owner.city]
    contract_start = datetime(
        rng.choice([2021, 2022, 2023, 2024]), rng.randrange(1, 13), 1, tzinfo=timezone.utc
    )
    contract_end = contract_start.replace(year=contract_start.year + 4) if rng.random() < 0.4 else None
    contacts = contacts_of(owner)
    articles = texts.ARTICLES if company == OURS else texts.ARTICLES[7:9]
    return {
        "number": number,
        "customer": customer_id(customer),
        "name": name,
        "contact_phone": f"+41 99 {number} 10 20" if owner.country == CH else f"+45 5550 1{number}",
        "contact_email": f"object{number}@example.com",
        "contact_name": rng.choice(["", "Vagten" if owner.country != CH else "Hauswart", "Reception"]),
        "contract_start_date": contract_start,
        "contract_end_date": contract_end,
        "object_manager": person_id(rng.choice(staff)),
        "material": [
            {"article": article_id(article, company), "budget": rng.choice([2, 5, 7.5, 12, 20, None])}
            for article, _unit in rng.sample(articles, rng.randrange(0, min(4, len(articles) + 1)))
        ],
        "address_street": name if _is_street(name) else owner.street,
        "address_zip": owner.zip,
        "address_city": owner.city,
        "address_country": owner.country,
        "location_latitude": round(latitude + rng.uniform(-0.002, 0.002), 5),
        "location_longitude": round(longitude + rng.uniform(-0.002, 0.002), 5),
        "rating": rng.choice([None, 2.5, 3, 3.5, 4, 4, 4.5, 5]),
        "description": rng.choice(texts.DESCRIPTIONS[owner.country]),
        "order_description": rng.choice(texts.ORDERS[owner.country]),
        "invoice_recipient": contacts[0],
        "invoice_cc_recipients": contacts[1:2],
        "contacts": contacts,
        "tags": rng.sample(texts.OBJECT_TAGS, rng.randrange(0, 4)),
        "service_recipient": rng.choice([None, customer]),
        "security_code": _code(rng),
        "key": rng.choice(
            [None, {"box": rng.randrange(1, 9), "hook": f"B{rng.randrange(1, 40)}"}, ["A1", "A2"]]
        ),
    }


def _is_street(name: str) -> bool:
    """Whether the name of an object is its address."""
    return name[-1].isdigit() and name.split()[0].endswith(("vej", "gade", "torvet"))


def _code(rng):
    code = rng.randrange(1000, 10000)
    return rng.choice([f"{code}#", code, {"gate": f"{code}", "alarm": f"*{code + 7}"}, None])


def _complaints(company: str, objects: list, count: int, staff: list[str]):
    """Yield the name, company, id and steps of each complaint."""
    troubles = _TroubleDeck(company)
    for index, at in enumerate(days_of_work(f"complaints of {company}", count)):
        name = f"complaint {index} of {company}"
        steps = _complaint(name, 1001 + index, at, rng_for(name).choice(objects), troubles, staff)
        yield name, company, "", steps


class _TroubleDeck:
    """Deals the troubles of a language at random, each once before any is repeated."""

    def __init__(self, name: str):
        self._rng = rng_for(f"troubles of {name}")
        self._remaining = {}

    def next(self, language: str) -> texts.Trouble:
        if not self._remaining.get(language):
            deck = {"da": texts.DANISH, "de": texts.GERMAN, "en": texts.ENGLISH}[language]
            self._remaining[language] = self._rng.sample(deck, len(deck))
        return self._remaining[language].pop()


def _complaint(name, number, at, place, troubles, staff) -> list[DemoStep]:
    rng, owner = rng_for(f"{name}, its story"), _CUSTOMERS[place[0]]
    language = "en" if rng.random() < 0.2 else "de" if owner.country == CH else "da"
    trouble = troubles.next(language)
    first = rng.choice(
        ["Karen", "Lars", "Mia", "Peter", "Yusuf"] if owner.country != CH else ["Heidi", "Marco", "Nina"]
    )
    and_then = texts.AND_THEN[language] + ([texts.NO_HURRY[language]] if trouble.priority < 3 else [])
    values = {
        "number": number,
        "object": object_id(*place),
        "desc": f"{trouble.desc} {rng.choice(and_then)}".strip(),
        "room_description": rng.choice(texts.ROOMS[owner.country]),
        "contact_name": f"{first} {rng.choice('ABFHKLMRST')}.",
        "contact_email": f"{first.lower()}{number}@example.com" if rng.random() < 0.8 else "",
        "contact_telephone": f"+45 5550 {number}" if rng.random() < 0.5 else "",
        "priority": min(4, max(1, trouble.priority + rng.choice([-1, 0, 0, 0, 1]))),
        "images": [
            f"https://files.example.com/complaints/{number}-{shot}.jpeg"
            for shot in range(rng.choice([0, 0, 0, 1, 2]))
        ],
        "tags": [trouble.tag],
        "custom_fields": rng.choice([None, None, None, {"floor": rng.randrange(5), "reportedBy": "QR"}]),
    }
    steps = [DemoStep(at, rng.choice(staff), values, rng.choice([Channel.BROWSER, Channel.JSON]))]
    # Old complaints are finished; new ones may be untouched.
    age = (LAST_DAY - at).days
    if rng.random() < (0.97 if age > 30 else 0.55):
        steps += _work(
            rng, later(rng, at, hours=5), trouble, number, staff, rng.random() < (0.9 if age > 45 else 0.4)
        )
    if age > 300 and number % 7 == 0:
        steps.append(
            DemoStep(at + timedelta(days=120), steps[0].username, {"status": ARCHIVED}, Channel.BULK)
        )
    return steps


def _work(rng, at, trouble, number, staff, done) -> list[DemoStep]:
    """Return the steps after creation: assignment, sometimes another priority, a comment, and finishing."""
    worker, sender = rng.choice(staff), rng.choice(staff)
    steps = [DemoStep(at, sender, {"user": person_id(worker)}, rng.choice([*_CHANNELS, Channel.BULK]))]
    if rng.random() < 0.3:
        at = later(rng, at, hours=3)
        steps.append(DemoStep(at, worker, {"priority": rng.choice([1, 2, 3])}, rng.choice(_CHANNELS)))
    if rng.random() < 0.6 or done:
        at = later(rng, at, hours=20)
        steps.append(DemoStep(at, worker, {"comment": trouble.comment}, rng.choice(_CHANNELS)))
    if done:
        at = later(rng, at, hours=30)
        pictures = [f"https://files.example.com/complaints/{number}-done.jpeg"] if rng.random() < 0.2 else []
        answer = {"response": trouble.response, "finish_images": pictures}
        steps.append(DemoStep(at, worker, answer, rng.choice([Channel.BROWSER, Channel.JSON]), "finish"))
    return steps


def _example_complaint() -> list[DemoStep]:
    at = LAST_DAY.replace(hour=13, minute=12)
    values = {
        "number": 1200,
        "object": EXAMPLE_OBJECT_ID,
        "desc": "Water is dripping from the ceiling onto the conference table",
        "room_description": "Second floor, meeting room by the stairs",
        "contact_name": "John Smith",
        "contact_email": "john.smith@example.com",
        "contact_telephone": "+45 5550 0123",
        "priority": 2,
        "tags": ["water"],
    }
    return [
        DemoStep(at, "jonas", values),
        DemoStep(
            at + timedelta(minutes=47),
            "fatima",
            {"comment": "The flat above was empty; nobody has a key."},
            Channel.ADMIN,
        ),
    ]
