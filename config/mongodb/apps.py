from django.contrib.auth.apps import AuthConfig as DjangoAuthConfig
from django.contrib.contenttypes.apps import ContentTypesConfig as DjangoContentTypesConfig

from backoffice.admin.apps import SiteConfig

AUTO_FIELD = "django_mongodb_backend.fields.ObjectIdAutoField"


class AuthConfig(DjangoAuthConfig):
    default_auto_field = AUTO_FIELD


class ContentTypesConfig(DjangoContentTypesConfig):
    default_auto_field = AUTO_FIELD


class MongoDBSiteConfig(SiteConfig):
    default_auto_field = AUTO_FIELD
