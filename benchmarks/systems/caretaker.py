import json
import os

import django

from benchmarks.systems.django_pages import cookie_of

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()

from backoffice.people.models import ApiKey, User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from benchmarks import bodies
from benchmarks.calling import Request, wsgi
from benchmarks.caretaker_wsgi import application
from facility.models import Complaint, CustomerObject
from supportdesk.models import SupportCase

MANY = 200
COMMENTS = 20


class System:
    def __init__(self):
        self.call = wsgi(application)
        boss = User.objects.get(username__startswith="administrator0-")
        staff = User.objects.get(username__startswith="facility1-")
        key = services.create(
            ApiKey,
            {"name": "benchmark", "owner": boss.pk, "scopes": [f"{desk}:{mode}" for desk in ("facility", "supportdesk", "people") for mode in ("read", "write")]},
            actor=Installation(boss.company_id), context=ChangeContext(Channel.COMMAND), company_id=boss.company_id,
        ).record  # fmt: skip
        self.user, self.headers = staff.pk, {"X-API-Key": key.secret}
        self.browser = {"Cookie": cookie_of(boss)}
        self.ids = list(Complaint.objects.order_by("pk").values_list("pk", flat=True)[:MANY])
        self.places = self._documents("objects", CustomerObject.objects.order_by("pk")[:50])
        self.cases = self._cases(boss)
        self.scenarios = {
            "patch": self.patch, "list": self.list, "read": self.read, "object": self.object, "case": self.case,
            "page": self.page, "form": self.form,
        }  # fmt: skip

    def describe(self):
        return {"ids": self.ids, "user": self.user, "headers": self.headers}

    def _documents(self, path, records):
        calls = [self.call(Request("GET", f"/v2/{path}/{record.pk}", self.headers))[0] for record in records]
        return [json.loads(answer.body) for answer in calls]

    def _cases(self, boss):
        documents = []
        for record in SupportCase.objects.order_by("pk")[:20]:
            present = [{"id": comment["id"]} for comment in record.comments]
            added = [{"comment": f"Hej {place}"} for place in range(COMMENTS - len(present))]
            services.update(
                record,
                {"comments": present[:COMMENTS] + added},
                actor=boss,
                context=ChangeContext(Channel.COMMAND),
                base=record.version,
            )
            answer = self.call(Request("GET", f"/iptv/supportcase/{record.pk}", self.headers))[0]
            documents.append(json.loads(answer.body))
        return documents

    def _sent(self, method, path, body):
        return [Request(method, path, {**self.headers, "Content-Type": "application/json"}, body)]

    def patch(self, nth):
        return self._sent("PATCH", f"/v2/complaints/{self.ids[nth % MANY]}", bodies.complaint(nth, self.user))

    def object(self, nth):
        document = self.places[nth % len(self.places)]
        return self._sent("PATCH", f"/v2/objects/{document['_id']}", bodies.place(nth, document))

    def case(self, nth):
        document = self.cases[nth % len(self.cases)]
        return self._sent("POST", f"/iptv/supportcase/{document['_id']}", bodies.case(nth, document))

    def list(self, nth):
        return [Request("GET", "/v2/complaints?limit=100", self.headers)]

    def read(self, nth):
        return [Request("GET", f"/v2/complaints/{self.ids[nth % MANY]}", self.headers)]

    def page(self, nth):
        return [Request("GET", "/complaints", self.browser)]

    def form(self, nth):
        return [Request("GET", f"/complaints/{self.ids[nth % MANY]}", self.browser)]
