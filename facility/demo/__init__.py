"""The demo's objects, what is used there, and the complaints about them."""

from datetime import datetime, timedelta, timezone

from backoffice.demo.base import (
    FIRST_DAY,
    LAST_DAY,
    DemoBuilder,
    DemoStep,
    chance,
    days_of_work,
    demo_id,
    later,
    person_id,
)
from backoffice.demo.directory import CH, FOUNDED, HOUSES, OURS, THEIRS, contacts_of, customer_id
from backoffice.records.actors import Channel
from backoffice.records.models import PASSIVE
from facility.demo import texts
from facility.models import Article, Complaint, CustomerObject

THE_COMPLAINT = "507f1f77bcf86cd799439011"
THE_OBJECT = "507f1f77bcf86cd799439012"
"""The complaint of the documented example, and what it is about."""
THE_OBJECT_NAME = "Hansens Gård, opgang A–C"

_HOUSES = {house.name: house for house in HOUSES}
_STAFF, _THEIR_STAFF = ["alice", "alice", "jonas", "fatima"], ["charlie", "ursina"]
_DOORS = [Channel.BROWSER, Channel.BROWSER, Channel.BROWSER, Channel.JSON, Channel.ADMIN]


def object_id(customer: str, name: str) -> str:
    return THE_OBJECT if name == THE_OBJECT_NAME else demo_id(f"object {name} of {customer}")


def article_id(name: str, company: str) -> str:
    return demo_id(f"article {name} of {company}")


def places(objects) -> list[tuple[str, str]]:
    """(customer, name) of each object, in the order of their numbers."""
    return [(customer, name) for customer, names in objects for name in names]


def add(sample: DemoBuilder) -> None:
    """The whole of this module's part."""
    for company, articles in ((OURS, texts.ARTICLES), (THEIRS, texts.ARTICLES[7:9])):
        for place, (name, unit) in enumerate(articles):
            values = {"number": 5001 + place, "name": name, "unit": unit}
            steps = [DemoStep(FOUNDED + timedelta(days=70 + place), "", values, Channel.COMMAND)]
            sample.tell(
                Article, f"article {name} of {company}", steps, company=company, id=article_id(name, company)
            )
    objects = [(OURS, place, _STAFF) for place in enumerate(places(texts.OBJECTS))]
    objects += [(THEIRS, place, _THEIR_STAFF) for place in enumerate(places(texts.THEIR_OBJECTS))]
    for company, (place, (customer, name)), staff in sample.each("objects", objects):
        steps = _object(customer, name, 701 + place, company, staff)
        sample.tell(
            CustomerObject,
            f"object {name} of {customer}",
            steps,
            company=company,
            id=object_id(customer, name),
        )
    ours = _complaints(OURS, places(texts.OBJECTS), 199, _STAFF)
    theirs = _complaints(THEIRS, places(texts.THEIR_OBJECTS), 5, _THEIR_STAFF)
    documented = ("the complaint", OURS, THE_COMPLAINT, _the_complaint())
    for name, company, pk, steps in sample.each("complaints", [*ours, documented, *theirs]):
        sample.tell(Complaint, name, steps, company=company, id=pk)


def _object(customer: str, name: str, number: int, company: str, staff: list[str]) -> list[DemoStep]:
    luck, house = chance(f"object {name} of {customer}"), _HOUSES[customer]
    latitude, longitude = texts.PLACES[house.city]
    began = datetime(luck.choice([2021, 2022, 2023, 2024]), luck.randrange(1, 13), 1, tzinfo=timezone.utc)
    ends = began.replace(year=began.year + 4) if luck.random() < 0.4 else None
    contacts = contacts_of(house)
    articles = texts.ARTICLES if company == OURS else texts.ARTICLES[7:9]
    values = {
        "number": number,
        "customer": customer_id(customer),
        "name": name,
        "contact_phone": f"+41 99 {number} 10 20" if house.country == CH else f"+45 5550 1{number}",
        "contact_email": f"object{number}@example.com",
        "contact_name": luck.choice(["", "Vagten" if house.country != CH else "Hauswart", "Reception"]),
        "contract_start_date": began,
        "contract_end_date": ends,
        "object_manager": person_id(luck.choice(staff)),
        "material": [
            {"article": article_id(article, company), "budget": luck.choice([2, 5, 7.5, 12, 20, None])}
            for article, _unit in luck.sample(articles, luck.randrange(0, min(4, len(articles) + 1)))
        ],
        "address_street": name if _is_street(name) else house.street,
        "address_zip": house.zip,
        "address_city": house.city,
        "address_country": house.country,
        "location_latitude": round(latitude + luck.uniform(-0.002, 0.002), 5),
        "location_longitude": round(longitude + luck.uniform(-0.002, 0.002), 5),
        "rating": luck.choice([None, 2.5, 3, 3.5, 4, 4, 4.5, 5]),
        "description": luck.choice(texts.DESCRIPTIONS[house.country]),
        "order_description": luck.choice(texts.ORDERS[house.country]),
        "invoice_recipient": contacts[0],
        "invoice_cc_recipients": contacts[1:2],
        "contacts": contacts,
        "tags": luck.sample(texts.OBJECT_TAGS, luck.randrange(0, 4)),
        "service_recipient": luck.choice([None, customer]),
        "security_code": _code(luck),
        "key": luck.choice(
            [None, {"box": luck.randrange(1, 9), "hook": f"B{luck.randrange(1, 40)}"}, ["A1", "A2"]]
        ),
    }
    planned = later(luck, began, hours=-300)
    steps = [
        DemoStep(
            max(planned, FOUNDED + timedelta(days=90)), "admin" if company == OURS else "charlie", values
        )
    ]
    if luck.random() < 0.5:
        at = later(luck, FIRST_DAY, hours=1500)
        steps.append(
            DemoStep(
                at, luck.choice(staff), {"security_code": _code(luck), "rating": 4.5}, luck.choice(_DOORS)
            )
        )
    if luck.random() < 0.3:
        at = later(luck, FIRST_DAY, hours=4000)
        steps.append(
            DemoStep(at, luck.choice(staff), {"object_manager": person_id(luck.choice(staff))}, Channel.BULK)
        )
    if number % 19 == 0:
        steps.append(
            DemoStep(LAST_DAY - timedelta(days=60), steps[0].who, {"status": PASSIVE}, Channel.ADMIN)
        )
    return steps


def _is_street(name: str) -> bool:
    """Some places are called by their address."""
    return name[-1].isdigit() and name.split()[0].endswith(("vej", "gade", "torvet"))


def _code(luck):
    code = luck.randrange(1000, 10000)
    return luck.choice([f"{code}#", code, {"gate": f"{code}", "alarm": f"*{code + 7}"}, None])


def _complaints(company: str, objects: list, count: int, staff: list[str]):
    """(name, company, id, steps) of each complaint."""
    troubles = _Shuffled(company)
    for place, at in enumerate(days_of_work(f"complaints of {company}", count)):
        name = f"complaint {place} of {company}"
        steps = _complaint(name, 1001 + place, at, chance(name).choice(objects), troubles, staff)
        yield name, company, "", steps


class _Shuffled:
    """Hands out the troubles of a language so that all of them come before one comes again."""

    def __init__(self, name: str):
        self._luck = chance(f"troubles of {name}")
        self._left = {}

    def next(self, language: str) -> texts.Trouble:
        if not self._left.get(language):
            every = {"da": texts.DANISH, "de": texts.GERMAN, "en": texts.ENGLISH}[language]
            self._left[language] = self._luck.sample(every, len(every))
        return self._left[language].pop()


def _complaint(name, number, at, place, troubles, staff) -> list[DemoStep]:
    luck, house = chance(f"{name}, its story"), _HOUSES[place[0]]
    language = "en" if luck.random() < 0.2 else "de" if house.country == CH else "da"
    trouble = troubles.next(language)
    first = luck.choice(
        ["Karen", "Lars", "Mia", "Peter", "Yusuf"] if house.country != CH else ["Heidi", "Marco", "Nina"]
    )
    and_then = texts.AND_THEN[language] + ([texts.NO_HURRY[language]] if trouble.priority < 3 else [])
    values = {
        "number": number,
        "object": object_id(*place),
        "desc": f"{trouble.desc} {luck.choice(and_then)}".strip(),
        "room_description": luck.choice(texts.ROOMS[house.country]),
        "contact_name": f"{first} {luck.choice('ABFHKLMRST')}.",
        "contact_email": f"{first.lower()}{number}@example.com" if luck.random() < 0.8 else "",
        "contact_telephone": f"+45 5550 {number}" if luck.random() < 0.5 else "",
        "priority": min(4, max(1, trouble.priority + luck.choice([-1, 0, 0, 0, 1]))),
        "images": [
            f"https://files.example.com/complaints/{number}-{shot}.jpeg"
            for shot in range(luck.choice([0, 0, 0, 1, 2]))
        ],
        "tags": [trouble.tag],
        "custom_fields": luck.choice([None, None, None, {"floor": luck.randrange(5), "reportedBy": "QR"}]),
    }
    steps = [DemoStep(at, luck.choice(staff), values, luck.choice([Channel.BROWSER, Channel.JSON]))]
    # What is old is done; what is new may not even have been looked at.
    age = (LAST_DAY - at).days
    if luck.random() < (0.97 if age > 30 else 0.55):
        steps += _work(
            luck, later(luck, at, hours=5), trouble, number, staff, luck.random() < (0.9 if age > 45 else 0.4)
        )
    if age > 300 and number % 7 == 0:
        steps.append(DemoStep(at + timedelta(days=120), steps[0].who, {"status": PASSIVE}, Channel.BULK))
    return steps


def _work(luck, at, trouble, number, staff, done) -> list[DemoStep]:
    """Assigning, perhaps a second look at the priority, a note, and finishing."""
    worker, sender = luck.choice(staff), luck.choice(staff)
    steps = [DemoStep(at, sender, {"user": person_id(worker)}, luck.choice([*_DOORS, Channel.BULK]))]
    if luck.random() < 0.3:
        at = later(luck, at, hours=3)
        steps.append(DemoStep(at, worker, {"priority": luck.choice([1, 2, 3])}, luck.choice(_DOORS)))
    if luck.random() < 0.6 or done:
        at = later(luck, at, hours=20)
        steps.append(DemoStep(at, worker, {"comment": trouble.comment}, luck.choice(_DOORS)))
    if done:
        at = later(luck, at, hours=30)
        pictures = [f"https://files.example.com/complaints/{number}-done.jpeg"] if luck.random() < 0.2 else []
        answer = {"response": trouble.response, "finish_images": pictures}
        steps.append(DemoStep(at, worker, answer, luck.choice([Channel.BROWSER, Channel.JSON]), "finish"))
    return steps


def _the_complaint() -> list[DemoStep]:
    at = LAST_DAY.replace(hour=13, minute=12)
    values = {
        "number": 1200,
        "object": THE_OBJECT,
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
