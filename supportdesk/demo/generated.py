"""The generated companies' support cases."""

from backoffice.demo.base import later
from backoffice.demo.directory import CH
from backoffice.demo.generator import GeneratedModel, GeneratedRecords
from backoffice.demo.load_data import country_of, person, staff
from backoffice.people import roles
from supportdesk.demo import texts
from supportdesk.models import SupportCase

_MATTERS = {"da": texts.DANISH, "de": texts.GERMAN, "en": texts.ENGLISH}


def _case(yard, luck, place, at) -> GeneratedRecords:
    country = country_of(luck)
    language = "en" if luck.random() < 0.2 else "de" if country == CH else "da"
    matter = luck.choice(_MATTERS[language])
    device = luck.choice(matter.devices.split())
    customer, worker = luck.choice(yard.there("customers")), staff(yard, luck, roles.SUPPORT_STAFF)
    caller = " ".join(person(luck, country))
    told, said = at, []
    for line in matter.said:
        told = later(luck, told, hours=9)
        comment = {"comment": line.removeprefix("S: "), "date": told, "is_support": line.startswith("S: ")}
        if comment["is_support"]:
            comment |= {"employee": worker, "employee_name": "Support"}
        else:
            comment |= {
                "employee_name": caller,
                "customer": customer,
                "customer_name": yard.customer_name(customer),
            }
        said.append(comment)
    values = {
        "name": matter.name,
        "description": f"{matter.description} {luck.choice(texts.ADDED[language])}".strip(),
        "customer": customer,
        "customer_name": yard.customer_name(customer),
        "employee": worker,
        "employee_name": caller,
        "date": at,
        "device": device,
        "system_version": luck.choice(texts.SYSTEMS.get(device, texts.BROWSER_SYSTEMS)),
        "play_maker_version": "" if device == "OTHER" else luck.choice(texts.PLAY_MAKERS),
        "private_information": luck.choice(texts.PRIVATE[language]) if luck.random() < 0.3 else "",
        "files": [{"url": f"https://files.example.com/cases/{place + 1}.jpeg", "type": "IMAGE"}]
        if luck.random() < 0.3
        else [],
        "comments": said,
    }
    if matter.answer and luck.random() < 0.9:
        told = later(luck, told, hours=16)
        values |= {"response_answer": matter.answer, "response_author": "Support", "response_date": told,
                   "response_employee": worker, "response_employee_name": "Support", "solved": luck.random() < 0.85}  # fmt: skip
    return GeneratedRecords(values, at, worker, told, worker)


KINDS = [GeneratedModel("cases", SupportCase, 1000, _case, ("people", "customers"))]
