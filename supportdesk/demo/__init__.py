"""The demo's support cases: the documented example and others."""

from datetime import datetime, timezone

from backoffice.demo.builder import DemoBuilder, DemoStep, days_of_work, later, person_id, rng_for
from backoffice.demo.directory import CH, CUSTOMERS, HANSEN, NORD, OURS, THEIRS, DemoCustomer, customer_id
from backoffice.records.actors import Channel
from supportdesk.demo import texts
from supportdesk.models import SupportCase

EXAMPLE_CASE_ID = "1234567890abcdef12345678"
"""The id of the documented support case, and of its two files and its comment."""

_STAFF = ["sven", "sven", "mette"]


def add(builder: DemoBuilder) -> None:
    """Add the demo data of this module."""
    watched = [customer for customer in CUSTOMERS if customer.reseller]
    theirs = next(customer for customer in CUSTOMERS if customer.company == THEIRS)
    cases = [("the case", OURS, EXAMPLE_CASE_ID, [_example_case()])]
    for index, at in enumerate(days_of_work("support cases", 119)):
        name = f"support case {index}"
        cases.append((name, OURS, "", _case(name, 3002 + index, at, rng_for(name).choice(watched))))
    at = days_of_work("their support case", 1)[0]
    cases.append(("their support case", THEIRS, "", _case("their support case", 3001, at, theirs)[:1]))
    for name, company, pk, steps in builder.track("support cases", cases):
        builder.add_record(SupportCase, name, steps, company=company, id=pk, parts=(pk,) * 3 if pk else ())


def _example_case() -> DemoStep:
    at = datetime(2020, 2, 17, 14, 36, 9, 698000, tzinfo=timezone.utc)
    hans = person_id("hans")
    picture = {"url": "https://image.telecomx.dk/1234567890ABCDEF12345678.jpeg", "type": "IMAGE"}
    comment = {
        "comment": "Det virker nu :-) Tak!",
        "date": at,
        "customer": HANSEN,
        "customer_name": "Hansen Boligforening ApS",
        "employee": hans,
        "employee_name": "Hans Hansen",
        "is_support": False,
        "files": [picture],
    }
    values = {
        "number": 3001,
        "name": "Support til Huawei-telefoner",
        "description": "Kommer der support til Huawei-telefoner i den nære fremtid?",
        "customer": HANSEN,
        "employee": hans,
        "date": at,
        "device": "ANDROID",
        "system_version": "1.03",
        "play_maker_version": "1.23a",
        "private_information": "Vi skriver på vegne af Gertrud Gertudsen, hun kan kontaktes på +45 8888 9977",
        "files": [picture],
        "comments": [comment],
    }
    return DemoStep(at, "", values, Channel.COMMAND)


def _case(name: str, number: int, at: datetime, owner: DemoCustomer) -> list[DemoStep]:
    rng = rng_for(f"{name}, its story")
    language = "en" if rng.random() < 0.2 else "de" if owner.country == CH else "da"
    matter = rng.choice({"da": texts.DANISH, "de": texts.GERMAN, "en": texts.ENGLISH}[language])
    device = rng.choice(matter.devices.split())
    username = "rikke" if owner.reseller == NORD and rng.random() < 0.6 else rng.choice(_STAFF)
    if owner.company != OURS:
        username = "charlie"
    values = {
        "number": number,
        "name": matter.name,
        "description": f"{matter.description} {rng.choice(texts.ADDED[language])}".strip(),
        "customer": customer_id(owner.name),
        "employee": person_id(username),
        "date": at,
        "device": device,
        "system_version": rng.choice(texts.SYSTEMS.get(device, texts.BROWSER_SYSTEMS)),
        "play_maker_version": "" if device == "OTHER" else rng.choice(texts.PLAY_MAKERS),
        "private_information": rng.choice(texts.PRIVATE[language]) if rng.random() < 0.3 else "",
        "files": [_file(rng, f"{number}-{index}") for index in range(rng.choice([0, 0, 1, 2]))],
    }
    channel = Channel.COMMAND if owner.company != OURS else rng.choice([Channel.BROWSER, Channel.JSON])
    steps = [DemoStep(at, "" if channel == Channel.COMMAND else username, values, channel)]
    worker, is_new = rng.choice(_STAFF), number > 3095
    customer = _customer_side(rng, username, owner)
    for index, line in enumerate(matter.comments[: rng.randrange(4) if is_new else None]):
        at = later(rng, at, hours=9)
        steps.append(_comment(rng, at, worker, line, f"{number}-{index}", customer))
    at = later(rng, at, hours=16)
    if matter.answer and rng.random() < (0.35 if is_new else 0.9):
        answer = {"response_answer": matter.answer, "solved": rng.random() < 0.85}
        steps.append(
            DemoStep(
                at,
                worker,
                answer,
                rng.choice([Channel.BROWSER, Channel.BROWSER, Channel.JSON, Channel.ADMIN]),
            )
        )
    elif rng.random() < 0.3:
        steps.append(
            DemoStep(at, worker, {"play_maker_version": rng.choice(texts.PLAY_MAKERS)}, Channel.BULK)
        )
    return steps


def _customer_side(rng, username: str, owner: DemoCustomer) -> dict:
    """Return the author of the customer's comments: the reseller's Rikke if she raised the case, otherwise a
    caller without a user."""
    if username == "rikke":
        return {"employee": person_id("rikke")}
    caller = rng.choice(
        ["Else Thorup", "Bent Juul", "Sanne Krag"] if owner.country != CH else ["Ruth Gerber", "Hugo Frei"]
    )
    return {"employee_name": caller, "customer": customer_id(owner.name), "customer_name": owner.name}


def _comment(rng, at: datetime, worker: str, line: str, name: str, customer: dict) -> DemoStep:
    """Return the step that adds a comment of support, or one of the customer entered by support."""
    added = {"comment": line.removeprefix("S: "), "is_support": line.startswith("S: ")}
    if not added["is_support"]:
        added |= {**customer, "files": [_file(rng, name)] if rng.random() < 0.3 else []}

    def values(case):
        return {"comments": [*({"id": comment["id"]} for comment in case.comments), added]}

    return DemoStep(at, worker, values, rng.choice([Channel.BROWSER, Channel.BROWSER, Channel.JSON]))


def _file(rng, name: str) -> dict:
    if rng.random() < 0.8:
        return {"url": f"https://files.example.com/cases/{name}.jpeg", "type": "IMAGE"}
    return {"url": f"https://files.example.com/cases/{name}.pdf", "type": "DOC"}
