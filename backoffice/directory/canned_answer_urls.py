"""The pages of canned answers."""

from backoffice.directory.canned_answers import CannedAnswers
from backoffice.web.record_urls import addresses

app_name = "workplace"
urlpatterns = addresses(CannedAnswers)
