"""Three editors of one complaint, a conflict, and an undo."""

from dataclasses import dataclass

from scripts.screenshot_pages import COMPLAINT
from scripts.tour.agents import Agent
from scripts.tour.story import Fact, Terminal, Tour

PAGE, ADMIN = f"/complaints/{COMPLAINT}", f"/admin/facility/complaint/{COMPLAINT}/change/"
JSON = f"/v2/complaints/{COMPLAINT}"
ROOM, NAME, PHONE, PRIORITY = "room_description", "contact_name", "contact_telephone", "priority"
ALICES_ROOM, ALICES_SECOND_ROOM, ADMINS_ROOM = "Room 2.14, by the stairs", "Room 2.15", "Room 2.41"
ADMINS_PHONE, ALICES_NAME = "+45 33 12 34 56", "Joan Smith"
SCRIPTS_PRIORITY = 4


@dataclass
class State:
    """What a complaint has over JSON, by the names of the page."""

    room_description: str
    contact_name: str
    contact_telephone: str
    priority: int


def read_state(tour: Tour) -> State:
    document = tour.installation.client("admin").get(JSON).json()
    return State(
        document["roomDescription"],
        document["contactName"],
        document["contact"]["telephone"],
        document["priority"],
    )


def read_version(tour: Tour) -> int:
    """Return the version in the ETag."""
    return int(tour.installation.client("admin").get(JSON).headers["ETag"].strip('"').split("-")[0])


def on_page(agent: Agent, *names: str) -> dict[str, str]:
    values = agent.values()
    return {name: values[name] for name in names}


def first_name(agent: Agent) -> str:
    return agent.full_name.split()[0]


def merge(tour: Tour) -> None:
    """Alice, an administrator and a script start from one version, and each changes another property."""
    alice, admin, client = tour.agent("alice"), tour.agent("admin"), tour.installation.client("admin")
    before, version = read_state(tour), read_version(tour)
    stamp = client.get(JSON).json()["status"]["lastModifiedAt"]
    alice.open(PAGE)
    admin.open(ADMIN)
    alice.fill(ROOM, ALICES_ROOM)
    tour.show(
        alice,
        f"{first_name(alice)}, in the browser",
        "types another room; it is not saved yet",
        [Fact("the room over JSON", read_state(tour).room_description, before.room_description)],
        at=f"[name={ROOM}]",
    )
    admin.fill(PHONE, ADMINS_PHONE)
    admin.save()
    tour.show(
        admin,
        f"{first_name(admin)}, in Django admin",
        "saves another phone number meanwhile",
        [Fact("the phone over JSON", read_state(tour).contact_telephone, ADMINS_PHONE)],
        at=f"[name={PHONE}]",
    )
    send_old_stamp(tour, stamp, version)
    alice.save()
    state = read_state(tour)
    everything = State(ALICES_ROOM, before.contact_name, ADMINS_PHONE, SCRIPTS_PRIORITY)
    shown = {ROOM: ALICES_ROOM, PHONE: ADMINS_PHONE, PRIORITY: str(SCRIPTS_PRIORITY)}
    tour.show(
        alice,
        f"{first_name(alice)}, in the browser",
        "saves, and reads who did what: all three changes are kept",
        [
            Fact("the complaint over JSON", state, everything),
            Fact("the fields of the page", on_page(alice, *shown), shown),
            Fact("the page names the administrator", admin.full_name in alice.text(), True),
        ],
        at=".notice",
        seconds=4.5,
    )
    show_entries(tour, alice, admin, version)


def send_old_stamp(tour: Tour, stamp: str, version: int) -> None:
    """Let the script send the stamp that it read before the others changed the complaint."""
    body = {"priority": SCRIPTS_PRIORITY, "status": {"lastModifiedAt": stamp}}
    response = tour.installation.client("admin").patch(JSON, json=body)
    document = response.json()
    terminal = Terminal("a script").add(
        f"# It read the complaint, with this stamp, before {first_name(tour.agent('admin'))} saved.", "faint"
    )
    terminal.add(f"PATCH {JSON}", "typed")
    terminal.add(
        f'{{"priority": {SCRIPTS_PRIORITY}, "status": {{"lastModifiedAt": "{stamp}"}}}}', "typed"
    ).add("")
    terminal.add(f"HTTP/1.1 {response.status_code} {response.reason_phrase}", "good")
    terminal.add(f"ETag: {response.headers['ETag']}", "faint").add("{")
    terminal.add(f'  "priority": {document["priority"]},', "marked")
    terminal.add(f'  "contact": {{"telephone": "{document["contact"]["telephone"]}", …}},')
    terminal.add(f'  "status": {{"lastModifiedAt": "{document["status"]["lastModifiedAt"]}", …}}, …')
    tour.show(
        terminal.add("}"),
        "A script",
        "sends the stamp of its old copy: only the priority changes",
        [
            Fact("the status", response.status_code, 200),
            Fact("the priority", document["priority"], SCRIPTS_PRIORITY),
            Fact("the phone is still the administrator's", document["contact"]["telephone"], ADMINS_PHONE),
            Fact("the version", read_version(tour), version + 2),
            Fact(
                "the stamp is not that of the present version",
                stamp != document["status"]["lastModifiedAt"],
                True,
            ),
        ],
    )


def show_entries(tour: Tour, alice: Agent, admin: Agent, version: int) -> None:
    """Show the three entries of the history, newest first."""
    expected = [
        (alice.full_name, "in the browser", ALICES_ROOM),
        (admin.full_name, "via API", "priority"),
        (admin.full_name, "in admin", ADMINS_PHONE),
    ]
    entries = alice.entries()
    tour.show(
        alice,
        "The history",
        "has an entry from each channel: browser, API, and admin",
        [
            Fact(f"entry {place} has {words}", [word for word in words if word in entry], list(words))
            for place, (entry, words) in enumerate(zip(entries[:3], expected, strict=True), start=1)
        ]
        + [Fact("the version", read_version(tour), version + 3)],
        at=".timeline-head",
        seconds=4.5,
    )


def conflict(tour: Tour) -> None:
    """Alice and an administrator change the same property; Alice, the second, is asked."""
    alice, admin, before = tour.agent("alice"), tour.agent("admin"), read_state(tour)
    alice.open(PAGE)
    admin.open(ADMIN)
    admin.fill(ROOM, ADMINS_ROOM)
    admin.save()
    alice.fill(ROOM, ALICES_SECOND_ROOM)
    alice.fill(NAME, ALICES_NAME)
    tour.show(
        admin,
        f"{first_name(admin)}, in Django admin",
        f"changes the room, which {first_name(alice)} is changing, too",
        [
            Fact("the room over JSON", read_state(tour).room_description, ADMINS_ROOM),
            Fact("the rest over JSON", (read_state(tour).contact_name, read_state(tour).priority),
                 (before.contact_name, before.priority)),
        ],
        at=f"[name={ROOM}]",
    )  # fmt: skip
    alice.save()
    question = alice.question()
    words = [admin.full_name, ADMINS_ROOM, ALICES_SECOND_ROOM, before.room_description]
    tour.show(
        alice,
        f"{first_name(alice)}, in the browser",
        f"is asked. She sees both rooms, and that it was {first_name(admin)}",
        [
            Fact("the question has the name and the values", [word for word in words if word in question], words),
            Fact("nothing is written", read_state(tour), State(
                ADMINS_ROOM, before.contact_name, before.contact_telephone, before.priority)),
            Fact("what she typed is in the form", on_page(alice, NAME), {NAME: ALICES_NAME}),
        ],
        at="fieldset.conflict",
        seconds=4.5,
    )  # fmt: skip
    alice.choose(ROOM, "mine")
    alice.save()
    entries = alice.entries()
    tour.show(
        alice,
        f"{first_name(alice)}, in the browser",
        f"keeps hers. {first_name(admin)}'s room stays in the history",
        [
            Fact("the complaint over JSON", read_state(tour), State(
                ALICES_SECOND_ROOM, ALICES_NAME, before.contact_telephone, before.priority)),
            Fact("the first entry has both rooms", [
                word for word in (alice.full_name, ALICES_SECOND_ROOM, ADMINS_ROOM) if word in entries[0]],
                [alice.full_name, ALICES_SECOND_ROOM, ADMINS_ROOM]),
            Fact("the second entry is the administrator's", [
                word for word in (admin.full_name, ADMINS_ROOM) if word in entries[1]],
                [admin.full_name, ADMINS_ROOM]),
        ],
        at=".timeline-head",
    )  # fmt: skip


def undo(tour: Tour) -> None:
    """Undo the administrator's change of the phone number, which later changes follow."""
    alice, before = tour.agent("alice"), read_state(tour)
    changes = {row["version"]: row["values"] for row in tour.installation.history(COMPLAINT)}
    changed_at = [version for version, values in changes.items() if values.get(PHONE) == ADMINS_PHONE][-1]
    phones = [
        values[PHONE] for version, values in changes.items() if version < changed_at and PHONE in values
    ]
    earlier = phones[-1] if phones else ""
    action = f"{PAGE}/versions/{changed_at}/undo"
    alice.open(PAGE)
    tour.show(
        alice,
        "The history",
        f"has the change of the phone number, and {max(changes) - changed_at} later ones",
        [
            Fact("the page can undo it", f'action="{action}"' in alice.html(), True),
            Fact("the phone over JSON", before.contact_telephone, ADMINS_PHONE),
        ],
        at=f"form[action='{action}']",
    )
    alice.press(action)
    tour.show(
        alice,
        f"{first_name(alice)}, in the browser",
        "undoes it: the old number is back, and the later changes stay",
        [
            Fact("the complaint over JSON", read_state(tour), State(
                before.room_description, before.contact_name, earlier, before.priority)),
            Fact("the version", read_version(tour), max(changes) + 1),
            Fact("the newest entry has the number", ADMINS_PHONE in alice.entries()[0], True),
        ],
        at=".timeline-head",
        seconds=4.5,
    )  # fmt: skip
