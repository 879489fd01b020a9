"""The minimum that every system must do with complaints over JSON, so that none is fast by doing less."""

import json

BODY = {"priority": 4, "comment": "Only these two"}
GROUPS = {"status", "contact"}


def table(ask, description: dict) -> dict[str, bool]:
    """Return which demands an application meets. `ask(method, path, headers, body)` returns its response."""
    pk, headers = description["ids"][-1], description["headers"]
    path = f"/v2/complaints/{pk}"

    def patch(body, **options):
        return ask(
            "PATCH",
            options.get("path", path),
            {**options.get("headers", headers), "Content-Type": "application/json"},
            body,
        )

    def read():
        return json.loads(ask("GET", path, headers, None)["body"])

    met = {}
    before = read()
    whole = {"_id", "number", "companyId", "status", "chatId", "desc", "roomDescription", "contactName", "contact", "priority", "images", "userId", "comment", "response", "customFields", "objectId", "complaintStatus", "assignedDate", "finishedAt", "finishedBy", "finishImages", "tags"}  # fmt: skip
    met["returns the whole document"] = whole <= before.keys() and before.keys() >= GROUPS
    answer = patch(BODY)
    after = read()
    unchanged = {name for name in whole if before[name] == after[name]} | {"status", *BODY}
    met["changes only what is sent"] = (
        answer["status"] == 200 and json.loads(answer["body"]) == after
        and all(after[name] == value for name, value in BODY.items()) and whole <= unchanged
    )  # fmt: skip
    patch({"contact": {"email": "new@example.com"}})
    met["changes part of a group alone"] = read()["contact"] == {
        **after["contact"],
        "email": "new@example.com",
    }
    refused = [patch({"priority": 9})["status"], patch({"nonsense": 1})["status"]]
    met["refuses invalid values"] = refused[0] in (400, 422) and read()["priority"] == 4
    met["refuses unknown properties"] = refused[1] in (400, 422)
    met["validates e-mail addresses"] = patch({"contact": {"email": "no address"}})["status"] in (
        400,
        422,
    )
    met["requires an existing assignee"] = patch({"userId": "0" * 24})["status"] in (400, 422)
    met["requires a key"] = patch(BODY, headers={})["status"] in (401, 403)
    met["refuses a wrong key"] = patch(BODY, headers={"X-API-Key": "ck_0_0"})["status"] in (401, 403)
    met["answers 404 for unknown ids"] = patch(BODY, path=f"/v2/complaints/{'0' * 24}")["status"] == 404
    listed = json.loads(ask("GET", "/v2/complaints?limit=100", headers, None)["body"])
    met["lists 100 whole documents"] = len(listed) == 100 and all(whole <= one.keys() for one in listed)
    return met
