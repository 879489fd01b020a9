"""A client of the facility system: `python facility_client.py http://127.0.0.1:8000 KEY`."""

import sys

import httpx

address, key = sys.argv[1:]
with httpx.Client(base_url=f"{address}/v2/", headers={"x-API-Key": key}) as facility:
    for complaint in facility.get("complaints", params={"complaintStatus": "new"}).raise_for_status().json():
        stamp = {"lastModifiedAt": complaint["status"]["lastModifiedAt"]}  # what this change is based on
        change = {"priority": min(complaint["priority"] + 1, 4), "status": stamp}
        answer = facility.patch(f"complaints/{complaint['_id']}", json=change)
        print(complaint["number"], answer.status_code, answer.json().get("priority", answer.json()))
