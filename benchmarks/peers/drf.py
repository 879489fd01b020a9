"""Django REST framework: a ModelViewSet, with a schema by drf-spectacular."""

from django.urls import include, path
from django.utils import timezone
from drf_spectacular.views import SpectacularAPIView
from rest_framework import routers, serializers, viewsets
from rest_framework.response import Response

from benchmarks.peers.desk.models import Complaint, Person


class StatusSerializer(serializers.ModelSerializer):
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    createdBy = serializers.CharField(source="created_by", read_only=True)
    lastModifiedAt = serializers.DateTimeField(source="last_modified_at", read_only=True)
    lastModifiedBy = serializers.CharField(source="last_modified_by", read_only=True)

    class Meta:
        model = Complaint
        fields = ["status", "createdAt", "createdBy", "lastModifiedAt", "lastModifiedBy"]


class ContactSerializer(serializers.ModelSerializer):
    email = serializers.EmailField(source="contact_email", required=False, allow_blank=True)
    telephone = serializers.CharField(source="contact_telephone", required=False, allow_blank=True)

    class Meta:
        model = Complaint
        fields = ["email", "telephone"]


class ComplaintSerializer(serializers.ModelSerializer):
    _id = serializers.CharField(source="id", read_only=True)
    companyId = serializers.CharField(source="company_id", read_only=True)
    status = StatusSerializer(source="*", required=False)
    chatId = serializers.CharField(source="chat_id", allow_null=True, required=False, max_length=24)
    roomDescription = serializers.CharField(
        source="room_description", required=False, allow_blank=True, max_length=255
    )
    contactName = serializers.CharField(
        source="contact_name", required=False, allow_blank=True, max_length=255
    )
    contact = ContactSerializer(source="*", required=False)
    images = serializers.ListField(child=serializers.URLField(), required=False)
    userId = serializers.PrimaryKeyRelatedField(
        source="user", queryset=Person.objects.all(), allow_null=True, required=False
    )
    customFields = serializers.DictField(source="custom_fields", allow_null=True, required=False)
    objectId = serializers.CharField(source="object_id", read_only=True)
    complaintStatus = serializers.CharField(source="complaint_status", read_only=True)
    assignedDate = serializers.DateTimeField(source="assigned_date", read_only=True)
    finishedAt = serializers.DateTimeField(source="finished_at", read_only=True)
    finishedBy = serializers.CharField(source="finished_by", read_only=True)
    finishImages = serializers.ListField(source="finish_images", child=serializers.URLField(), required=False)
    tags = serializers.ListField(child=serializers.CharField(max_length=100), required=False)

    class Meta:
        model = Complaint
        fields = [
            "_id", "number", "companyId", "status", "chatId", "desc", "roomDescription", "contactName", "contact",
            "priority", "images", "userId", "comment", "response", "customFields", "objectId", "complaintStatus",
            "assignedDate", "finishedAt", "finishedBy", "finishImages", "tags",
        ]  # fmt: skip

    def validate_userId(self, person):
        if person is not None and person.company_id != self.context["request"].user.company_id:
            raise serializers.ValidationError("There is no such user.")
        return person


class ComplaintViewSet(viewsets.ModelViewSet):
    serializer_class = ComplaintSerializer
    http_method_names = ["get", "patch"]

    def get_queryset(self):
        return Complaint.objects.filter(company_id=self.request.user.company_id).order_by("id")

    def list(self, request, *args, **kwargs):
        """An array, without the count that a paginator would make."""
        limit, offset = int(request.GET.get("limit", 100)), int(request.GET.get("offset", 0))
        found = self.get_queryset()[offset : offset + limit]
        return Response(self.get_serializer(found, many=True).data)

    def perform_update(self, serializer):
        serializer.save(last_modified_at=timezone.now(), last_modified_by=self.request.user.pk)


router = routers.SimpleRouter(trailing_slash=False)
router.register("complaints", ComplaintViewSet, basename="complaint")
urlpatterns = [path("v2/", include(router.urls)), path("schema", SpectacularAPIView.as_view())]
