"""The demo's support cases: the documented example, and more of its kind."""

from datetime import datetime, timezone

from backoffice.demo.base import DemoBuilder, DemoStep, chance, days_of_work, later, person_id
from backoffice.demo.directory import CH, HANSEN, HOUSES, NORD, OURS, THEIRS, DemoCompany, customer_id
from backoffice.records.actors import Channel
from supportdesk.demo import texts
from supportdesk.models import SupportCase

THE_CASE = "1234567890abcdef12345678"
"""The support case of the documented example, which gives this one id to everything in it: two files and a
comment too."""

_STAFF = ["sven", "sven", "mette"]


def add(sample: DemoBuilder) -> None:
    """The whole of this module's part."""
    watched = [house for house in HOUSES if house.reseller]
    theirs = next(house for house in HOUSES if house.company == THEIRS)
    cases = [("the case", OURS, THE_CASE, [_the_case()])]
    for place, at in enumerate(days_of_work("support cases", 119)):
        name = f"support case {place}"
        cases.append((name, OURS, "", _case(name, 3002 + place, at, chance(name).choice(watched))))
    at = days_of_work("their support case", 1)[0]
    cases.append(("their support case", THEIRS, "", _case("their support case", 3001, at, theirs)[:1]))
    for name, company, pk, steps in sample.each("support cases", cases):
        sample.tell(SupportCase, name, steps, company=company, id=pk, parts=(pk,) * 3 if pk else ())


def _the_case() -> DemoStep:
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


def _case(name: str, number: int, at: datetime, house: DemoCompany) -> list[DemoStep]:
    luck = chance(f"{name}, its story")
    language = "en" if luck.random() < 0.2 else "de" if house.country == CH else "da"
    matter = luck.choice({"da": texts.DANISH, "de": texts.GERMAN, "en": texts.ENGLISH}[language])
    device = luck.choice(matter.devices.split())
    asker = "rikke" if house.reseller == NORD and luck.random() < 0.6 else luck.choice(_STAFF)
    if house.company != OURS:
        asker = "charlie"
    values = {
        "number": number,
        "name": matter.name,
        "description": f"{matter.description} {luck.choice(texts.ADDED[language])}".strip(),
        "customer": customer_id(house.name),
        "employee": person_id(asker),
        "date": at,
        "device": device,
        "system_version": luck.choice(texts.SYSTEMS.get(device, texts.BROWSER_SYSTEMS)),
        "play_maker_version": "" if device == "OTHER" else luck.choice(texts.PLAY_MAKERS),
        "private_information": luck.choice(texts.PRIVATE[language]) if luck.random() < 0.3 else "",
        "files": [_file(luck, f"{number}-{place}") for place in range(luck.choice([0, 0, 1, 2]))],
    }
    door = Channel.COMMAND if house.company != OURS else luck.choice([Channel.BROWSER, Channel.JSON])
    steps = [DemoStep(at, "" if door == Channel.COMMAND else asker, values, door)]
    worker, fresh = luck.choice(_STAFF), number > 3095
    customer = _customer_side(luck, asker, house)
    for place, line in enumerate(matter.said[: luck.randrange(4) if fresh else None]):
        at = later(luck, at, hours=9)
        steps.append(_comment(luck, at, worker, line, f"{number}-{place}", customer))
    at = later(luck, at, hours=16)
    if matter.answer and luck.random() < (0.35 if fresh else 0.9):
        answer = {"response_answer": matter.answer, "solved": luck.random() < 0.85}
        steps.append(
            DemoStep(
                at,
                worker,
                answer,
                luck.choice([Channel.BROWSER, Channel.BROWSER, Channel.JSON, Channel.ADMIN]),
            )
        )
    elif luck.random() < 0.3:
        steps.append(
            DemoStep(at, worker, {"play_maker_version": luck.choice(texts.PLAY_MAKERS)}, Channel.BULK)
        )
    return steps


def _customer_side(luck, asker: str, house: DemoCompany) -> dict:
    """Who speaks for the customer: the reseller's Rikke if she raised the case, else somebody who rang or
    wrote."""
    if asker == "rikke":
        return {"employee": person_id("rikke")}
    caller = luck.choice(
        ["Else Thorup", "Bent Juul", "Sanne Krag"] if house.country != CH else ["Ruth Gerber", "Hugo Frei"]
    )
    return {"employee_name": caller, "customer": customer_id(house.name), "customer_name": house.name}


def _comment(luck, at: datetime, worker: str, line: str, name: str, customer: dict) -> DemoStep:
    """Something said: by the support side, or by the customer and typed in by the support side."""
    said = {"comment": line.removeprefix("S: "), "is_support": line.startswith("S: ")}
    if not said["is_support"]:
        said |= {**customer, "files": [_file(luck, name)] if luck.random() < 0.3 else []}

    def values(case):
        return {"comments": [*({"id": comment["id"]} for comment in case.comments), said]}

    return DemoStep(at, worker, values, luck.choice([Channel.BROWSER, Channel.BROWSER, Channel.JSON]))


def _file(luck, name: str) -> dict:
    if luck.random() < 0.8:
        return {"url": f"https://files.example.com/cases/{name}.jpeg", "type": "IMAGE"}
    return {"url": f"https://files.example.com/cases/{name}.pdf", "type": "DOC"}
