from django.contrib.auth.apps import AuthConfig as DjangoAuthConfig
from django.contrib.contenttypes.apps import ContentTypesConfig as DjangoContentTypesConfig

from backoffice.admin.apps import SiteConfig as HouseSiteConfig

KEYS = "django_mongodb_backend.fields.ObjectIdAutoField"


class AuthConfig(DjangoAuthConfig):
    default_auto_field = KEYS


class ContentTypesConfig(DjangoContentTypesConfig):
    default_auto_field = KEYS


class SiteConfig(HouseSiteConfig):
    default_auto_field = KEYS
