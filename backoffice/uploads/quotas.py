"""Upload quotas of users and companies."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Sum
from django.utils.translation import gettext as _

from backoffice.records.fields import now
from backoffice.uploads.models import Upload

MEBIBYTE = 1024 * 1024


class QuotaExceeded(Exception):
    """A user or a company has reached a quota. The message says which, and what to do."""


def check_quotas(upload: Upload, size: int) -> None:
    """Raise QuotaExceeded if a file of this size, in bytes, would exceed a quota of its sender or their
    company; 0 means no limit. (Concurrent uploads do not count against each other.)"""
    company = Upload.objects.filter(company_id=upload.company_id)
    sent = company.filter(uploaded_by=upload.uploaded_by)
    quotas = (
        (
            sent.filter(at__gt=now() - timedelta(days=1)),
            settings.UPLOAD_DAILY_MB,
            _("You have reached the upload limit for 24 hours (%(limit)s MB). Upload this file later."),
        ),
        (
            sent.filter(uses=None),
            settings.UPLOAD_UNUSED_MB,
            _(
                "You have uploaded %(limit)s MB of files that are not used anywhere. Use them, "
                "or wait: they are deleted after %(days)s days."
            ),
        ),
        (
            company,
            settings.UPLOAD_COMPANY_MB,
            _(
                "Your company has reached its limit for files (%(limit)s MB). Ask the operator "
                "of this site for more space."
            ),
        ),
    )
    for uploads, limit, message in quotas:
        if limit > 0 and (uploads.aggregate(all=Sum("size"))["all"] or 0) + size > limit * MEBIBYTE:
            raise QuotaExceeded(message % {"limit": limit, "days": settings.UPLOAD_UNUSED_DAYS})
