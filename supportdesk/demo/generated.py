"""Generated support cases."""

from backoffice.demo.builder import later
from backoffice.demo.directory import CH
from backoffice.demo.generated import country_of, person, staff
from backoffice.demo.generator import GeneratedModel, GeneratedRecord
from backoffice.people import roles
from supportdesk.demo import texts
from supportdesk.models import SupportCase

_MATTERS = {"da": texts.DANISH, "de": texts.GERMAN, "en": texts.ENGLISH}


def _case(company, rng, index, at) -> GeneratedRecord:
    country = country_of(rng)
    language = "en" if rng.random() < 0.2 else "de" if country == CH else "da"
    matter = rng.choice(_MATTERS[language])
    device = rng.choice(matter.devices.split())
    customer, worker = rng.choice(company.existing_ids("customers")), staff(company, rng, roles.SUPPORT_STAFF)
    caller = " ".join(person(rng, country))
    last_at, comments = at, []
    for line in matter.comments:
        last_at = later(rng, last_at, hours=9)
        comment = {"comment": line.removeprefix("S: "), "date": last_at, "is_support": line.startswith("S: ")}
        if comment["is_support"]:
            comment |= {"employee": worker, "employee_name": "Support"}
        else:
            comment |= {
                "employee_name": caller,
                "customer": customer,
                "customer_name": company.customer_name(customer),
            }
        comments.append(comment)
    values = {
        "name": matter.name,
        "description": f"{matter.description} {rng.choice(texts.ADDED[language])}".strip(),
        "customer": customer,
        "customer_name": company.customer_name(customer),
        "employee": worker,
        "employee_name": caller,
        "date": at,
        "device": device,
        "system_version": rng.choice(texts.SYSTEMS.get(device, texts.BROWSER_SYSTEMS)),
        "play_maker_version": "" if device == "OTHER" else rng.choice(texts.PLAY_MAKERS),
        "private_information": rng.choice(texts.PRIVATE[language]) if rng.random() < 0.3 else "",
        "files": [{"url": f"https://files.example.com/cases/{index + 1}.jpeg", "type": "IMAGE"}]
        if rng.random() < 0.3
        else [],
        "comments": comments,
    }
    if matter.answer and rng.random() < 0.9:
        last_at = later(rng, last_at, hours=16)
        values |= {"response_answer": matter.answer, "response_author": "Support", "response_date": last_at,
                   "response_employee": worker, "response_employee_name": "Support", "solved": rng.random() < 0.85}  # fmt: skip
    return GeneratedRecord(values, at, worker, last_at, worker)


GENERATED_MODELS = [GeneratedModel("cases", SupportCase, 1000, _case, ("people", "customers"))]
