from benchmarks.systems.django_pages import cookie_of, set_up

set_up("helpdesk")

import json

from django.contrib.auth.models import User
from django.core.wsgi import get_wsgi_application
from django.urls import reverse
from helpdesk.models import Ticket
from helpdesk.query import query_to_base64

from benchmarks.calling import Request, wsgi


class System:
    def __init__(self):
        self.call = wsgi(get_wsgi_application())
        self.headers = {"Cookie": cookie_of(User.objects.get(username="root"))}
        self.ids = list(Ticket.objects.order_by("pk").values_list("pk", flat=True)[:200])
        self.scenarios = {"page": self.page, "form": self.form, "helpdesk_patch": self.patch}

    def describe(self):
        return {"headers": self.headers}

    def page(self, nth):
        """Return the requests of the page and of the rows that its script loads."""
        query = query_to_base64(
            {
                "filtering": {},
                "filtering_null": {},
                "sorting": "created",
                "sortreverse": False,
                "search_string": "",
            }
        )
        rows = reverse("helpdesk:datatables_ticket_list", args=[query])
        return [
            Request("GET", reverse("helpdesk:list"), self.headers),
            Request("GET", f"{rows}?draw=1&start=0&length=50", self.headers),
        ]

    def form(self, nth):
        return [Request("GET", reverse("helpdesk:view", args=[self.ids[nth % 200]]), self.headers)]

    def patch(self, nth):
        token = "a" * 32
        headers = {"Cookie": f"{self.headers['Cookie']}; csrftoken={token}", "X-CSRFToken": token}
        headers["Content-Type"] = "application/json"
        body = json.dumps({"description": f"Changed {nth}", "priority": nth % 5 + 1})
        return [Request("PATCH", f"/api/tickets/{self.ids[nth % 200]}/", headers, body)]
