"""URLs of the pages of canned answers."""

from backoffice.directory.canned_answers import CannedAnswerViewSet
from backoffice.web.record_urls import record_urls

app_name = "workplace"
urlpatterns = record_urls(CannedAnswerViewSet)
