"""The tables of version 1.0.0. A database that an earlier version made keeps its tables: they are the same."""

import django.contrib.auth.validators
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import backoffice.db.object_ids
import backoffice.people.rights
import backoffice.records.fields.base
import backoffice.records.fields.encryption
import backoffice.records.fields.sort_keys
import backoffice.records.languages


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("people", "0001_initial"),
        ("people", "0002_roles"),
        ("people", "0003_signing_in"),
        ("people", "0004_second_factor"),
        ("people", "0005_ids_of_a_company"),
        ("people", "0006_words"),
        ("people", "0007_indexes_of_lists"),
        ("people", "0008_newest_at_the_end"),
        ("people", "0009_names_to_sign_in_by"),
        ("people", "0010_sort_keys"),
        ("people", "0011_email_since"),
        ("people", "0012_words"),
    ]

    dependencies = [
        ("auth", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("sort_language", models.CharField(default="", editable=False, max_length=8)),
                (
                    "id",
                    backoffice.records.fields.base.ObjectIdField(
                        db_column="_id",
                        default=backoffice.db.object_ids.new_object_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "status",
                    backoffice.records.fields.base.WholeNumberField(
                        default=1,
                        help_text="1 active, 2 archived.",
                        validators=[
                            django.core.validators.MinValueValidator(-2147483648),
                            django.core.validators.MaxValueValidator(2147483647),
                        ],
                        verbose_name="record status",
                    ),
                ),
                (
                    "version",
                    models.PositiveBigIntegerField(default=1, editable=False, verbose_name="version"),
                ),
                (
                    "created_at",
                    backoffice.records.fields.base.InstantField(editable=False, verbose_name="created"),
                ),
                (
                    "last_modified_at",
                    backoffice.records.fields.base.InstantField(editable=False, verbose_name="last modified"),
                ),
                ("search_text", models.TextField(default="", editable=False)),
                (
                    "username",
                    backoffice.records.fields.base.LineField(
                        default="",
                        error_messages={"unique": "A user with that username already exists."},
                        max_length=150,
                        unique=True,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                (
                    "first_name",
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=150, verbose_name="first name"
                    ),
                ),
                (
                    "last_name",
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=150, verbose_name="last name"
                    ),
                ),
                (
                    "email",
                    backoffice.records.fields.base.EmailLineField(
                        blank=True, default="", max_length=254, verbose_name="e-mail"
                    ),
                ),
                ("username_key", models.CharField(editable=False, max_length=200, null=True, unique=True)),
                ("email_key", models.CharField(db_index=True, editable=False, max_length=200, null=True)),
                (
                    "email_since",
                    backoffice.records.fields.base.InstantField(
                        default=backoffice.records.fields.base.now, editable=False
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Only active users can sign in. Make users inactive instead of deleting them.",
                        verbose_name="active",
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Has all permissions in every company.",
                        verbose_name="superuser",
                    ),
                ),
                (
                    "last_login",
                    backoffice.records.fields.base.InstantField(
                        blank=True, editable=False, null=True, verbose_name="last sign-in"
                    ),
                ),
                (
                    "sessions_ended_at",
                    backoffice.records.fields.base.InstantField(
                        blank=True, editable=False, null=True, verbose_name="signed out everywhere"
                    ),
                ),
                (
                    "totp_secret",
                    backoffice.records.fields.encryption.EncryptedTextField(
                        blank=True, default="", editable=False, verbose_name="two-factor sign-in"
                    ),
                ),
                (
                    "recovery_codes",
                    backoffice.records.fields.base.TextListField(
                        blank=True, default=list, editable=False, verbose_name="recovery codes"
                    ),
                ),
                (
                    "second_factor_at",
                    backoffice.records.fields.base.InstantField(
                        blank=True, editable=False, null=True, verbose_name="two-factor sign-in since"
                    ),
                ),
                (
                    "last_code_at",
                    backoffice.records.fields.base.InstantField(
                        blank=True, editable=False, null=True, verbose_name="last code"
                    ),
                ),
                (
                    "username_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="username"),
                ),
                (
                    "first_name_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="first_name"),
                ),
                (
                    "last_name_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="last_name"),
                ),
                ("email_sort", backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="email")),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "last_modified_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="last modified by",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "user",
                "verbose_name_plural": "users",
                "ordering": ["username_sort", "id"],
                "permissions": [
                    ("enter_admin", "Can enter the administration"),
                    ("appoint_superusers", "Can make superusers"),
                ],
            },
            bases=(backoffice.people.rights.PersonRightsMixin, models.Model),
        ),
        migrations.CreateModel(
            name="Company",
            fields=[
                ("sort_language", models.CharField(default="", editable=False, max_length=8)),
                (
                    "id",
                    backoffice.records.fields.base.ObjectIdField(
                        db_column="_id",
                        default=backoffice.db.object_ids.new_object_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "status",
                    backoffice.records.fields.base.WholeNumberField(
                        default=1,
                        help_text="1 active, 2 archived.",
                        validators=[
                            django.core.validators.MinValueValidator(-2147483648),
                            django.core.validators.MaxValueValidator(2147483647),
                        ],
                        verbose_name="record status",
                    ),
                ),
                (
                    "version",
                    models.PositiveBigIntegerField(default=1, editable=False, verbose_name="version"),
                ),
                (
                    "created_at",
                    backoffice.records.fields.base.InstantField(editable=False, verbose_name="created"),
                ),
                (
                    "last_modified_at",
                    backoffice.records.fields.base.InstantField(editable=False, verbose_name="last modified"),
                ),
                ("search_text", models.TextField(default="", editable=False)),
                (
                    "name",
                    backoffice.records.fields.base.LineField(
                        default="", max_length=255, unique=True, verbose_name="name"
                    ),
                ),
                (
                    "language",
                    backoffice.records.fields.base.LineField(
                        choices=[("en", "English"), ("da", "Danish"), ("de", "German")],
                        default=backoffice.records.languages.default_language,
                        help_text="Lists are sorted by the rules of this language.",
                        max_length=8,
                        verbose_name="language",
                    ),
                ),
                ("name_sort", backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="name")),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
                (
                    "last_modified_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="last modified by",
                    ),
                ),
            ],
            options={
                "verbose_name": "company",
                "verbose_name_plural": "companies",
                "ordering": ["name_sort", "id"],
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("sort_language", models.CharField(default="", editable=False, max_length=8)),
                (
                    "id",
                    backoffice.records.fields.base.ObjectIdField(
                        db_column="_id",
                        default=backoffice.db.object_ids.new_object_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "status",
                    backoffice.records.fields.base.WholeNumberField(
                        default=1,
                        help_text="1 active, 2 archived.",
                        validators=[
                            django.core.validators.MinValueValidator(-2147483648),
                            django.core.validators.MaxValueValidator(2147483647),
                        ],
                        verbose_name="record status",
                    ),
                ),
                (
                    "version",
                    models.PositiveBigIntegerField(default=1, editable=False, verbose_name="version"),
                ),
                (
                    "created_at",
                    backoffice.records.fields.base.InstantField(editable=False, verbose_name="created"),
                ),
                (
                    "last_modified_at",
                    backoffice.records.fields.base.InstantField(editable=False, verbose_name="last modified"),
                ),
                ("search_text", models.TextField(default="", editable=False)),
                (
                    "name",
                    backoffice.records.fields.base.LineField(
                        default="",
                        help_text="The purpose of the key, such as the script that uses it.",
                        max_length=255,
                        verbose_name="name",
                    ),
                ),
                (
                    "prefix",
                    models.CharField(editable=False, max_length=16, unique=True, verbose_name="prefix"),
                ),
                ("digest", models.CharField(editable=False, max_length=64, verbose_name="secret")),
                (
                    "scopes",
                    backoffice.records.fields.base.TextListField(
                        blank=True, default=list, verbose_name="scopes"
                    ),
                ),
                (
                    "expires_at",
                    backoffice.records.fields.base.InstantField(
                        blank=True,
                        help_text="Leave empty if the key does not expire.",
                        null=True,
                        verbose_name="expires",
                    ),
                ),
                (
                    "last_used_at",
                    backoffice.records.fields.base.InstantField(
                        blank=True, editable=False, null=True, verbose_name="last used"
                    ),
                ),
                ("name_sort", backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="name")),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
                (
                    "last_modified_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="last modified by",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="api_keys",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.company",
                        verbose_name="company",
                    ),
                ),
            ],
            options={
                "verbose_name": "API key",
                "verbose_name_plural": "API keys",
                "ordering": ["name_sort", "id"],
                "permissions": [("manage_apikeys", "Can manage everybody's API keys")],
            },
        ),
        migrations.AddField(
            model_name="user",
            name="company",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="users",
                to="people.company",
                verbose_name="company",
            ),
        ),
        migrations.CreateModel(
            name="Customer",
            fields=[
                ("sort_language", models.CharField(default="", editable=False, max_length=8)),
                (
                    "id",
                    backoffice.records.fields.base.ObjectIdField(
                        db_column="_id",
                        default=backoffice.db.object_ids.new_object_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "status",
                    backoffice.records.fields.base.WholeNumberField(
                        default=1,
                        help_text="1 active, 2 archived.",
                        validators=[
                            django.core.validators.MinValueValidator(-2147483648),
                            django.core.validators.MaxValueValidator(2147483647),
                        ],
                        verbose_name="record status",
                    ),
                ),
                (
                    "version",
                    models.PositiveBigIntegerField(default=1, editable=False, verbose_name="version"),
                ),
                (
                    "created_at",
                    backoffice.records.fields.base.InstantField(editable=False, verbose_name="created"),
                ),
                (
                    "last_modified_at",
                    backoffice.records.fields.base.InstantField(editable=False, verbose_name="last modified"),
                ),
                ("search_text", models.TextField(default="", editable=False)),
                (
                    "number",
                    backoffice.records.fields.base.WholeNumberField(
                        help_text="Unique within the company. Leave empty to assign the next free number.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(9223372036854775807),
                        ],
                        verbose_name="number",
                    ),
                ),
                (
                    "chat_id",
                    backoffice.records.fields.base.ObjectIdField(
                        blank=True,
                        default=None,
                        help_text="The id of a chat in another system, usually set via API.",
                        null=True,
                        verbose_name="chat id",
                    ),
                ),
                (
                    "address_street",
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=255, verbose_name="street"
                    ),
                ),
                (
                    "address_zip",
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=20, verbose_name="postcode"
                    ),
                ),
                (
                    "address_city",
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=255, verbose_name="city"
                    ),
                ),
                (
                    "address_country",
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=255, verbose_name="country"
                    ),
                ),
                (
                    "name",
                    backoffice.records.fields.base.LineField(default="", max_length=255, verbose_name="name"),
                ),
                (
                    "email",
                    backoffice.records.fields.base.EmailLineField(
                        blank=True, default="", max_length=254, verbose_name="e-mail"
                    ),
                ),
                (
                    "phone",
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=255, verbose_name="phone"
                    ),
                ),
                (
                    "description",
                    backoffice.records.fields.base.ParagraphField(
                        blank=True, default="", verbose_name="notes"
                    ),
                ),
                ("name_sort", backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="name")),
                ("email_sort", backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="email")),
                ("phone_sort", backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="phone")),
                (
                    "address_street_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="address_street"),
                ),
                (
                    "address_zip_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="address_zip"),
                ),
                (
                    "address_city_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="address_city"),
                ),
                (
                    "address_country_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="address_country"),
                ),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.company",
                        verbose_name="company",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
                (
                    "last_modified_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="last modified by",
                    ),
                ),
                (
                    "parent_reseller",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="The customer who is this customer's reseller. The reseller's users can see this customer's cases.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resold",
                        to="people.customer",
                        verbose_name="reseller",
                    ),
                ),
            ],
            options={
                "verbose_name": "customer",
                "verbose_name_plural": "customers",
                "ordering": ["name_sort", "id"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("sort_language", models.CharField(default="", editable=False, max_length=8)),
                (
                    "id",
                    backoffice.records.fields.base.ObjectIdField(
                        db_column="_id",
                        default=backoffice.db.object_ids.new_object_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "status",
                    backoffice.records.fields.base.WholeNumberField(
                        default=1,
                        help_text="1 active, 2 archived.",
                        validators=[
                            django.core.validators.MinValueValidator(-2147483648),
                            django.core.validators.MaxValueValidator(2147483647),
                        ],
                        verbose_name="record status",
                    ),
                ),
                (
                    "version",
                    models.PositiveBigIntegerField(default=1, editable=False, verbose_name="version"),
                ),
                (
                    "created_at",
                    backoffice.records.fields.base.InstantField(editable=False, verbose_name="created"),
                ),
                (
                    "last_modified_at",
                    backoffice.records.fields.base.InstantField(editable=False, verbose_name="last modified"),
                ),
                ("search_text", models.TextField(default="", editable=False)),
                (
                    "number",
                    backoffice.records.fields.base.WholeNumberField(
                        help_text="Unique within the company. Leave empty to assign the next free number.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(9223372036854775807),
                        ],
                        verbose_name="number",
                    ),
                ),
                (
                    "chat_id",
                    backoffice.records.fields.base.ObjectIdField(
                        blank=True,
                        default=None,
                        help_text="The id of a chat in another system, usually set via API.",
                        null=True,
                        verbose_name="chat id",
                    ),
                ),
                (
                    "first_name",
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=255, verbose_name="first name"
                    ),
                ),
                (
                    "last_name",
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=255, verbose_name="last name"
                    ),
                ),
                (
                    "email",
                    backoffice.records.fields.base.EmailLineField(
                        blank=True, default="", max_length=254, verbose_name="e-mail"
                    ),
                ),
                (
                    "phone",
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=255, verbose_name="phone"
                    ),
                ),
                (
                    "role",
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=255, verbose_name="role"
                    ),
                ),
                (
                    "first_name_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="first_name"),
                ),
                (
                    "last_name_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="last_name"),
                ),
                ("email_sort", backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="email")),
                ("phone_sort", backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="phone")),
                ("role_sort", backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="role")),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.company",
                        verbose_name="company",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
                (
                    "last_modified_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="last modified by",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contacts",
                        to="people.customer",
                        verbose_name="customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "contact",
                "verbose_name_plural": "contacts",
                "ordering": ["last_name_sort", "first_name_sort", "id"],
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="user",
            name="customer",
            field=models.ForeignKey(
                blank=True,
                help_text="For external users, such as those of a reseller. Leave empty for your own staff.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="users",
                to="people.customer",
                verbose_name="customer",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["company", "last_modified_at"], name="people_customer_new"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["company", "id"], name="people_customer_ids"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["company", "created_at", "id"], name="people_customer_made"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["parent_reseller", "company", "id"], name="customer_reseller_ids"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                fields=["parent_reseller", "company", "name_sort"], name="customer_reseller_nos"
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["company", "name_sort"], name="customer_name"),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.UniqueConstraint(fields=("company", "number"), name="people_customer_number"),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(fields=["company", "last_modified_at"], name="people_contact_new"),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(fields=["company", "id"], name="people_contact_ids"),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(fields=["company", "created_at", "id"], name="people_contact_made"),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(fields=["customer", "company", "id"], name="contact_customer_ids"),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                fields=["customer", "company", "last_name_sort", "first_name_sort"],
                name="contact_customer_nos",
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(fields=["company", "last_name_sort", "first_name_sort"], name="contact_name"),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.UniqueConstraint(fields=("company", "number"), name="people_contact_number"),
        ),
    ]
