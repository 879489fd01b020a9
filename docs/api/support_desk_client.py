"""A client of the support desk system: `python support_desk_client.py http://127.0.0.1:8000 KEY`."""

import sys

import httpx

address, key = sys.argv[1:]
with httpx.Client(base_url=f"{address}/iptv/", headers={"x-API-Key": key}) as desk:
    for case in desk.get("supportcase", params={"limit": 500}).raise_for_status().json()["supportCases"]:
        if not case["solved"] and "response" in case:
            change = {"solved": True, "lastUpdated": case["lastUpdated"]}  # what this change is based on
            answer = desk.post(f"supportcase/{case['_id']}", json=change)
            print(case["name"], answer.status_code, answer.json().get("solved", answer.json()))
