"""The generated companies' articles, objects and complaints."""

from datetime import datetime, timedelta, timezone

from backoffice.demo.base import LAST_DAY, later
from backoffice.demo.directory import CH, telephone
from backoffice.demo.generator import GeneratedModel, GeneratedRecords
from backoffice.demo.load_data import COUNTRIES, address, country_of, person, staff
from backoffice.people import roles
from backoffice.records.models import PASSIVE
from facility.demo import texts
from facility.models import Article, Complaint, CustomerObject

_TROUBLES = {"da": texts.DANISH, "de": texts.GERMAN, "en": texts.ENGLISH}
_PARTS = ["opgang A", "opgang B", "Haus 1", "Haus 2", "nord", "syd", "kælderen", "Tiefgarage", "køkkenet"]
State = Complaint.State


def _article(yard, luck, place, at) -> GeneratedRecords:
    name, unit = texts.ARTICLES[place % len(texts.ARTICLES)]
    again = place // len(texts.ARTICLES)
    values = {"name": f"{name} ({again + 1})" if again else name, "unit": unit}
    return GeneratedRecords(values, at, staff(yard, luck, roles.FACILITY_STAFF))


def _object(yard, luck, place, at) -> GeneratedRecords:
    country = country_of(luck)
    first, last = person(luck, country)
    city = luck.choice([town for _code, town in COUNTRIES[country][3]])
    latitude, longitude = texts.PLACES[city]
    contacts, articles = yard.there("contacts"), yard.there("articles")
    began = datetime(luck.randrange(2018, 2025), luck.randrange(1, 13), 1, tzinfo=timezone.utc)
    values = {
        **address(luck, country),
        "customer": luck.choice(yard.there("customers")),
        "name": f"{luck.choice(COUNTRIES[country][1])} {place + 1}, {luck.choice(_PARTS)}",
        "contact_name": f"{first} {last}",
        "contact_phone": telephone(luck, country),
        "contact_email": f"object{place + 1}@example.com",
        "contract_start_date": began,
        "contract_end_date": began.replace(year=began.year + 4) if luck.random() < 0.4 else None,
        "object_manager": staff(yard, luck, roles.FACILITY_STAFF),
        "material": [
            {"article": pk, "budget": luck.choice([2, 5, 7.5, 12, 20, None])}
            for pk in luck.sample(articles, min(len(articles), luck.choice([0, 0, 1, 2, 3])))
        ],
        "location_latitude": round(latitude + luck.uniform(-0.05, 0.05), 5),
        "location_longitude": round(longitude + luck.uniform(-0.05, 0.05), 5),
        "rating": luck.choice([None, 2.5, 3, 3.5, 4, 4, 4.5, 5]),
        "description": luck.choice(texts.DESCRIPTIONS[country]),
        "order_description": luck.choice(texts.ORDERS[country]),
        "contacts": luck.sample(contacts, min(len(contacts), luck.choice([0, 1, 1, 2]))),
        "tags": luck.sample(texts.OBJECT_TAGS, luck.choice([0, 0, 1, 2])),
        "security_code": luck.choice([f"{luck.randrange(1000, 10000)}#", luck.randrange(1000, 10000), None]),
        "key": luck.choice([None, {"box": luck.randrange(1, 9), "hook": f"B{luck.randrange(1, 40)}"}]),
    }
    if luck.random() < 0.05:
        values["status"] = PASSIVE
    return GeneratedRecords(values, at, staff(yard, luck, roles.FACILITY_STAFF))


def _complaint(yard, luck, place, at) -> GeneratedRecords:
    country = country_of(luck)
    language = "en" if luck.random() < 0.2 else "de" if country == CH else "da"
    trouble = luck.choice(_TROUBLES[language])
    first, last = person(luck, country)
    values = {
        "object": luck.choice(yard.there("objects")),
        "desc": f"{trouble.desc} {luck.choice(texts.AND_THEN[language])}".strip(),
        "room_description": luck.choice(texts.ROOMS[country]),
        "contact_name": f"{first} {last}",
        "contact_email": f"caller{place + 1}@example.com" if luck.random() < 0.8 else "",
        "contact_telephone": telephone(luck, country) if luck.random() < 0.5 else "",
        "priority": min(4, max(1, trouble.priority + luck.choice([-1, 0, 0, 0, 1]))),
        "images": [f"https://files.example.com/complaints/{place + 1}.jpeg"] if luck.random() < 0.3 else [],
        "tags": [trouble.tag],
        "custom_fields": {"floor": luck.randrange(5), "meter": f"Z{place + 1:07d}"}
        if luck.random() < 0.25
        else None,
    }
    worker, sender = (staff(yard, luck, roles.FACILITY_STAFF) for _each in range(2))
    # What is old is done; what is new may not even have been looked at.
    age = (LAST_DAY - at).days
    if luck.random() >= (0.97 if age > 30 else 0.6):
        return GeneratedRecords(values, at, sender)
    assigned = later(luck, at, hours=5)
    values |= {"user": worker, "assigned_date": assigned, "complaint_status": State.ASSIGNED}
    if luck.random() >= (0.95 if age > 60 else 0.5):
        return GeneratedRecords(values, at, sender, assigned, sender)
    finished = min(later(luck, assigned, hours=30), LAST_DAY + timedelta(hours=2))
    values |= {"comment": trouble.comment, "response": trouble.response, "complaint_status": State.FINISHED,
               "finished_at": finished, "finished_by": worker}  # fmt: skip
    return GeneratedRecords(values, at, sender, finished, worker)


KINDS = [
    GeneratedModel("articles", Article, 12, _article, ("people",)),
    GeneratedModel("objects", CustomerObject, 1000, _object, ("people", "customers")),
    GeneratedModel("complaints", Complaint, 10_000, _complaint, ("people", "objects")),
]
