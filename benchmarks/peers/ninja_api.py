"""django-ninja: one schema for request bodies and one for responses."""

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from ninja import NinjaAPI
from ninja.errors import HttpError
from ninja.security import APIKeyHeader

from benchmarks.peers.desk.models import Complaint, Key, Person
from benchmarks.peers.documents import ComplaintIn, ComplaintOut, columns_of, document


class Header(APIKeyHeader):
    param_name = "X-API-Key"

    def authenticate(self, request, key):
        return Key.owner_of(key) if key else None


api = NinjaAPI(auth=Header(), docs_url=None)


@api.get("/complaints", response=list[ComplaintOut], by_alias=True)
def listed(request, limit: int = 100, offset: int = 0):
    found = Complaint.objects.filter(company_id=request.auth.company_id).order_by("id")
    return [document(complaint) for complaint in found[offset : offset + limit]]


@api.get("/complaints/{pk}", response=ComplaintOut, by_alias=True)
def read(request, pk: str):
    return document(get_object_or_404(Complaint, pk=pk, company_id=request.auth.company_id))


@api.patch("/complaints/{pk}", response=ComplaintOut, by_alias=True)
def update(request, pk: str, sent: ComplaintIn):
    complaint = get_object_or_404(Complaint, pk=pk, company_id=request.auth.company_id)
    values = columns_of(sent)
    if values.get("user_id"):
        people = Person.objects.filter(pk=values["user_id"], company_id=request.auth.company_id)
        if not people.exists():
            raise HttpError(422, "There is no such user.")
    for name, value in values.items():
        setattr(complaint, name, value)
    try:
        complaint.clean_fields(exclude=["user", "object"])
    except ValidationError as error:
        raise HttpError(422, str(error)) from None
    complaint.last_modified_at, complaint.last_modified_by = timezone.now(), request.auth.pk
    complaint.save(update_fields=[*values, "last_modified_at", "last_modified_by"])
    return document(complaint)


urlpatterns = [path("v2/", api.urls)]
