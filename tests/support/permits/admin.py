from django.contrib import admin
from permits.models import Permit

from backoffice.admin.record_admin import RecordAdmin

admin.site.register(Permit, RecordAdmin)
