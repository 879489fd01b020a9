"""Generated articles, objects and complaints."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

from backoffice.demo.generated import COUNTRIES, SWITZERLAND, address, country_of, person, staff, telephone
from backoffice.demo.generator import LAST_DAY, GeneratedModel, GeneratedRecord, later
from backoffice.people import roles
from backoffice.records.models import ARCHIVED
from facility.models import Article, Complaint, CustomerObject

_TEXTS = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
_PARTS = ["opgang A", "opgang B", "Haus 1", "Haus 2", "nord", "syd", "kælderen", "Tiefgarage", "køkkenet"]
State = Complaint.State


def _article(company, rng, index, at) -> GeneratedRecord:
    name, unit = _TEXTS["articles"][index % len(_TEXTS["articles"])]
    round_number = index // len(_TEXTS["articles"])
    values = {"name": f"{name} ({round_number + 1})" if round_number else name, "unit": unit}
    return GeneratedRecord(values, at, staff(company, rng, roles.FACILITY_STAFF))


def _object(company, rng, index, at) -> GeneratedRecord:
    country = country_of(rng)
    first, last = person(rng, country)
    city = rng.choice([town for _code, town in COUNTRIES[country]["towns"]])
    latitude, longitude = _TEXTS["places"][city]
    contacts, articles = company.existing_ids("contacts"), company.existing_ids("articles")
    contract_start = datetime(rng.randrange(2018, 2025), rng.randrange(1, 13), 1, tzinfo=timezone.utc)
    values = {
        **address(rng, country),
        "customer": rng.choice(company.existing_ids("customers")),
        "name": f"{rng.choice(COUNTRIES[country]['names'])} {index + 1}, {rng.choice(_PARTS)}",
        "contact_name": f"{first} {last}",
        "contact_phone": telephone(rng, country),
        "contact_email": f"object{index + 1}@example.com",
        "contract_start_date": contract_start,
        "contract_end_date": contract_start.replace(year=contract_start.year + 4)
        if rng.random() < 0.4
        else None,
        "object_manager": staff(company, rng, roles.FACILITY_STAFF),
        "material": [
            {"article": pk, "budget": rng.choice([2, 5, 7.5, 12, 20, None])}
            for pk in rng.sample(articles, min(len(articles), rng.choice([0, 0, 1, 2, 3])))
        ],
        "location_latitude": round(latitude + rng.uniform(-0.05, 0.05), 5),
        "location_longitude": round(longitude + rng.uniform(-0.05, 0.05), 5),
        "rating": rng.choice([None, 2.5, 3, 3.5, 4, 4, 4.5, 5]),
        "description": rng.choice(_TEXTS["descriptions"][country]),
        "order_description": rng.choice(_TEXTS["orders"][country]),
        "contacts": rng.sample(contacts, min(len(contacts), rng.choice([0, 1, 1, 2]))),
        "tags": rng.sample(_TEXTS["object_tags"], rng.choice([0, 0, 1, 2])),
        "security_code": rng.choice([f"{rng.randrange(1000, 10000)}#", rng.randrange(1000, 10000), None]),
        "key": rng.choice([None, {"box": rng.randrange(1, 9), "hook": f"B{rng.randrange(1, 40)}"}]),
    }
    if rng.random() < 0.05:
        values["status"] = ARCHIVED
    return GeneratedRecord(values, at, staff(company, rng, roles.FACILITY_STAFF))


def _complaint(company, rng, index, at) -> GeneratedRecord:
    country = country_of(rng)
    language = "en" if rng.random() < 0.2 else "de" if country == SWITZERLAND else "da"
    trouble = rng.choice(_TEXTS["troubles"][language])
    first, last = person(rng, country)
    values = {
        "object": rng.choice(company.existing_ids("objects")),
        "desc": f"{trouble['desc']} {rng.choice(_TEXTS['and_then'][language])}".strip(),
        "room_description": rng.choice(_TEXTS["rooms"][country]),
        "contact_name": f"{first} {last}",
        "contact_email": f"caller{index + 1}@example.com" if rng.random() < 0.8 else "",
        "contact_telephone": telephone(rng, country) if rng.random() < 0.5 else "",
        "priority": min(4, max(1, trouble["priority"] + rng.choice([-1, 0, 0, 0, 1]))),
        "images": [f"https://files.example.com/complaints/{index + 1}.jpeg"] if rng.random() < 0.3 else [],
        "tags": [trouble["tag"]],
        "custom_fields": {"floor": rng.randrange(5), "meter": f"Z{index + 1:07d}"}
        if rng.random() < 0.25
        else None,
    }
    worker, sender = (staff(company, rng, roles.FACILITY_STAFF) for _each in range(2))
    # Old complaints are finished; new ones may be untouched.
    age = (LAST_DAY - at).days
    if rng.random() >= (0.97 if age > 30 else 0.6):
        return GeneratedRecord(values, at, sender)
    assigned = later(rng, at, hours=5)
    values |= {"user": worker, "assigned_date": assigned, "complaint_status": State.ASSIGNED}
    if rng.random() >= (0.95 if age > 60 else 0.5):
        return GeneratedRecord(values, at, sender, assigned, sender)
    finished = min(later(rng, assigned, hours=30), LAST_DAY + timedelta(hours=2))
    values |= {"comment": trouble["comment"], "response": trouble["response"], "complaint_status": State.FINISHED,
               "finished_at": finished, "finished_by": worker}  # fmt: skip
    return GeneratedRecord(values, at, sender, finished, worker)


GENERATED_MODELS = [
    GeneratedModel("articles", Article, 12, _article, ("people",)),
    GeneratedModel("objects", CustomerObject, 1000, _object, ("people", "customers")),
    GeneratedModel("complaints", Complaint, 10_000, _complaint, ("people", "objects")),
]
