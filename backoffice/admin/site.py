"""The admin site: Django's, for whoever may enter the administration."""

from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class BackOfficeSite(AdminSite):
    site_header = _("Caretaker administration")
    site_title = _("Caretaker")
    index_title = _("Everything there is")
