from benchmarks.systems.django_pages import cookie_of, set_up

set_up("admin")

from django.contrib.auth.models import User
from django.core.wsgi import get_wsgi_application

from benchmarks.calling import Request, wsgi
from benchmarks.peers.desk.models import Complaint


class System:
    def __init__(self):
        self.call = wsgi(get_wsgi_application())
        self.headers = {"Cookie": cookie_of(User.objects.get(username="root"))}
        self.ids = list(Complaint.objects.order_by("id").values_list("id", flat=True)[:200])
        self.scenarios = {"page": self.page, "form": self.form}

    def describe(self):
        return {"headers": self.headers}

    def page(self, nth):
        return [Request("GET", "/admin/desk/complaint/", self.headers)]

    def form(self, nth):
        return [Request("GET", f"/admin/desk/complaint/{self.ids[nth % 200]}/change/", self.headers)]
