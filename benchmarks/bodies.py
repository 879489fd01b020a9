"""Request bodies, the same for every system: the documented examples, each slightly different from the one
before."""

import json

PRIORITIES = (1, 2, 3, 4)


def complaint(nth: int, user: str) -> str:
    """Return the documented PATCH of a complaint. Description, priority and comment change each time."""
    return json.dumps(
        {
            "desc": f"Updated complaint description with additional details {nth}",
            "roomDescription": "Updated room location information",
            "contactName": "John Smith Jr.",
            "contact": {"email": "jsmith@example.com", "telephone": "+45 5550 0123"},
            "priority": PRIORITIES[nth % 4],
            "images": ["https://files.example.com/complaints/1.jpeg"],
            "userId": user,
            "comment": f"Additional notes about the complaint resolution {nth}",
            "response": "Thank you for your patience. The issue has been resolved.",
            "customFields": {},
        }
    )


def place(nth: int, document: dict) -> str:
    """Return the documented PATCH of an object in its present state: name, rating and one budget change."""
    sent = {name: value for name, value in document.items() if name not in ("status", "companyId", "_id")}
    material = [{**row, "budget": nth % 50} for row in sent["material"]]
    return json.dumps({**sent, "name": f"Solsikken, opgang {nth}", "rating": nth % 6, "material": material})


def case(nth: int, document: dict) -> str:
    """Return the documented POST of a support case with its twenty comments: its description and one comment
    change."""
    comments = [dict(comment) for comment in document["comments"]]
    comments[nth % len(comments)]["comment"] = f"Det virker nu :-) Tak! {nth}"
    return json.dumps(
        {"name": document["name"], "description": f"Kommer der support? {nth}", "comments": comments}
    )


def comments(count: int) -> list[dict]:
    return [
        {"comment": f"Har I prøvet at genstarte boksen? {place}", "isSupport": place % 2 == 0}
        for place in range(count)
    ]
