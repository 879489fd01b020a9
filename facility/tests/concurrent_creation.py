"""Creates complaints and objects over JSON from many threads at once, and removes some: `python -m
facility.tests.concurrent_creation` works on the database of `DATABASE_URL`, and prints which numbers were given."""

import json
import threading

THREADS, TURNS = 6, 5


def main() -> None:
    import django

    django.setup()
    from django.db import connection
    from django.test import Client

    from backoffice.people import roles
    from backoffice.people.tests.factories import ApiKeyFactory, CompanyFactory, CustomerFactory, UserFactory
    from backoffice.records.models import ARCHIVED
    from facility.tests.factories import CustomerObjectFactory

    company = CompanyFactory(name="Hansen Service A/S")
    alice = UserFactory(username="alice", company=company, roles=[roles.FACILITY_STAFF])
    place = CustomerObjectFactory(company=company, customer=CustomerFactory(company=company).pk)
    key = ApiKeyFactory(owner=alice.pk, company=company).secret
    given = {"complaints": [], "objects": [], "customers": [], "troubles": []}

    def create() -> None:
        client = Client(SERVER_NAME="localhost", headers={"x-api-key": key})

        def send(method: str, path: str, body: dict | None = None) -> dict:
            answer = client.generic(method, f"/v2/{path}", json.dumps(body), content_type="application/json")
            if answer.status_code not in (200, 201, 204):
                given["troubles"].append(f"{method} {path}: {answer.status_code} {answer.content.decode()}")
                return {}
            return json.loads(answer.content) if answer.content else {}

        for turn in range(TURNS):
            made = send("POST", "complaints", {"desc": "x", "objectId": place.pk})
            given["complaints"].append(made.get("number"))
            if turn % 2:
                send("DELETE", f"complaints/{made.get('_id')}")
            made = send("POST", "objects", {"address": {"street": "Nørregade 7"}}).get("_id")
            result = send("GET", f"objects/{made}")
            given["objects"].append(result.get("number"))
            customer = f"customers/{result.get('customerId')}"
            given["customers"].append(send("GET", customer).get("number"))
            if turn % 2:
                send("DELETE", f"objects/{made}")
                send("PATCH", customer, {"status": {"status": ARCHIVED}})
                send("DELETE", customer)
        connection.close()

    workers = [threading.Thread(target=create) for _nth in range(THREADS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(json.dumps(given))


if __name__ == "__main__":
    main()
