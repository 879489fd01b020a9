"""What everybody who is measured by complaints over JSON has to be able to do, so that nobody is fast by doing less."""

import json

BODY = {"priority": 4, "comment": "Only these two"}
GROUPS = {"status", "contact"}


def table(ask, told: dict) -> dict[str, bool]:
    """Which of the demands an application meets. `ask(method, path, headers, body)` is its answer."""
    pk, headers = told["ids"][-1], told["headers"]
    path = f"/v2/complaints/{pk}"

    def patch(body, **how):
        return ask(
            "PATCH",
            how.get("path", path),
            {**how.get("headers", headers), "Content-Type": "application/json"},
            body,
        )

    def read():
        return json.loads(ask("GET", path, headers, None)["body"])

    met = {}
    before = read()
    whole = {"_id", "number", "companyId", "status", "chatId", "desc", "roomDescription", "contactName", "contact", "priority", "images", "userId", "comment", "response", "customFields", "objectId", "complaintStatus", "assignedDate", "finishedAt", "finishedBy", "finishImages", "tags"}  # fmt: skip
    met["the whole document comes back"] = whole <= before.keys() and before.keys() >= GROUPS
    answer = patch(BODY)
    after = read()
    kept = {name for name in whole if before[name] == after[name]} | {"status", *BODY}
    met["what is sent is changed, and nothing else"] = (
        answer["status"] == 200 and json.loads(answer["body"]) == after
        and all(after[name] == value for name, value in BODY.items()) and whole <= kept
    )  # fmt: skip
    patch({"contact": {"email": "new@example.com"}})
    met["a part of a group is changed alone"] = read()["contact"] == {
        **after["contact"],
        "email": "new@example.com",
    }
    refused = [patch({"priority": 9})["status"], patch({"nonsense": 1})["status"]]
    met["what is not valid is refused"] = refused[0] in (400, 422) and read()["priority"] == 4
    met["an unknown property is refused"] = refused[1] in (400, 422)
    met["an e-mail address has to be one"] = patch({"contact": {"email": "no address"}})["status"] in (
        400,
        422,
    )
    met["an assignee has to exist"] = patch({"userId": "0" * 24})["status"] in (400, 422)
    met["a key is required"] = patch(BODY, headers={})["status"] in (401, 403)
    met["a wrong key is refused"] = patch(BODY, headers={"X-API-Key": "ck_0_0"})["status"] in (401, 403)
    met["what is not there is 404"] = patch(BODY, path=f"/v2/complaints/{'0' * 24}")["status"] == 404
    listed = json.loads(ask("GET", "/v2/complaints?limit=100", headers, None)["body"])
    met["a list has 100 whole documents"] = len(listed) == 100 and all(whole <= one.keys() for one in listed)
    return met
