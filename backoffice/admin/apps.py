from django.contrib.admin.apps import AdminConfig


class SiteConfig(AdminConfig):
    """Django's admin with our site as the default."""

    default_site = "backoffice.admin.site.BackOfficeSite"
