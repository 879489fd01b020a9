"""The pages of canned answers."""

from backoffice.directory.canned import CannedAnswers
from backoffice.web.addresses import addresses

app_name = "workplace"
urlpatterns = addresses(CannedAnswers)
