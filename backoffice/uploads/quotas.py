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
    company. (Concurrent uploads do not count against each other.)"""
    sent = Upload.objects.filter(uploaded_by=upload.uploaded_by, company_id=upload.company_id)
    recent = sent.filter(at__gt=now() - timedelta(days=1))
    if _exceeds(recent, size, settings.UPLOAD_DAILY_MB):
        limits = {"limit": settings.UPLOAD_DAILY_MB}
        raise QuotaExceeded(
            _("You have reached the upload limit for 24 hours (%(limit)s MB). Upload this file later.")
            % limits
        )
    if _exceeds(sent.filter(uses=None), size, settings.UPLOAD_UNUSED_MB):
        limits = {"limit": settings.UPLOAD_UNUSED_MB, "days": settings.UPLOAD_UNUSED_DAYS}
        raise QuotaExceeded(
            _(
                "You have uploaded %(limit)s MB of files that are not used anywhere. Use them, "
                "or wait: they are deleted after %(days)s days."
            )
            % limits
        )
    company = Upload.objects.filter(company_id=upload.company_id)
    if _exceeds(company, size, settings.UPLOAD_COMPANY_MB):
        limits = {"limit": settings.UPLOAD_COMPANY_MB}
        raise QuotaExceeded(
            _(
                "Your company has reached its limit for files (%(limit)s MB). Ask the operator "
                "of this site for more space."
            )
            % limits
        )


def _exceeds(uploads, size: int, megabytes: int) -> bool:
    """Return whether these uploads and a file of `size` bytes exceed a number of megabytes; 0 means no
    limit."""
    return megabytes > 0 and (uploads.aggregate(all=Sum("size"))["all"] or 0) + size > megabytes * MEBIBYTE
