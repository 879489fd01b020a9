"""Generated support cases."""

import json
from pathlib import Path

from backoffice.demo.generated import SWITZERLAND, country_of, person, staff
from backoffice.demo.generator import GeneratedModel, GeneratedRecord, later
from backoffice.people import roles
from supportdesk.models import SupportCase

_TEXTS = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))


def _case(company, rng, index, at) -> GeneratedRecord:
    country = country_of(rng)
    language = "en" if rng.random() < 0.2 else "de" if country == SWITZERLAND else "da"
    matter = rng.choice(_TEXTS["matters"][language])
    device = rng.choice(matter["devices"].split())
    customer, worker = rng.choice(company.existing_ids("customers")), staff(company, rng, roles.SUPPORT_STAFF)
    caller = " ".join(person(rng, country))
    last_at, comments = at, []
    for line in matter["comments"]:
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
        "name": matter["name"],
        "description": f"{matter['description']} {rng.choice(_TEXTS['added'][language])}".strip(),
        "customer": customer,
        "customer_name": company.customer_name(customer),
        "employee": worker,
        "employee_name": caller,
        "date": at,
        "device": device,
        "system_version": rng.choice(_TEXTS["systems"].get(device, _TEXTS["browser_systems"])),
        "play_maker_version": "" if device == "OTHER" else rng.choice(_TEXTS["play_makers"]),
        "private_information": rng.choice(_TEXTS["private"][language]) if rng.random() < 0.3 else "",
        "files": [{"url": f"https://files.example.com/cases/{index + 1}.jpeg", "type": "IMAGE"}]
        if rng.random() < 0.3
        else [],
        "comments": comments,
        "priority": rng.choice([1, 1, 1, 2, 2, 3, 4]),
    }
    if comments or rng.random() < 0.5:
        values |= {"assignee": worker, "assigned_date": at}
    if matter["answer"] and rng.random() < 0.9:
        last_at = later(rng, last_at, hours=16)
        values |= {"response_answer": matter["answer"], "response_author": "Support", "response_date": last_at,
                   "response_employee": worker, "response_employee_name": "Support", "solved": rng.random() < 0.85}  # fmt: skip
    return GeneratedRecord(values, at, worker, last_at, worker)


GENERATED_MODELS = [GeneratedModel("cases", SupportCase, 1000, _case, ("people", "customers"))]
