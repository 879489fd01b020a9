"""The tables of version 1.0.0. A database that an earlier version made keeps its tables: they are the same."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import backoffice.db.object_ids
import backoffice.records.fields.base
import backoffice.records.fields.encryption
import backoffice.records.fields.sort_keys
import backoffice.uploads.references


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("facility", "0001_initial"),
        ("facility", "0002_roles"),
        ("facility", "0003_encrypted_secrets"),
        ("facility", "0004_ids_of_a_company"),
        ("facility", "0005_words"),
        ("facility", "0006_indexes_of_lists"),
        ("facility", "0007_newest_at_the_end"),
        ("facility", "0008_sort_keys"),
        ("facility", "0009_tags_of_a_company"),
        ("facility", "0010_words"),
    ]

    dependencies = [
        ("people", "0001_v1"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Article",
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
                    "name",
                    backoffice.records.fields.base.LineField(default="", max_length=255, verbose_name="name"),
                ),
                (
                    "unit",
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=30, verbose_name="unit"
                    ),
                ),
                ("name_sort", backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="name")),
                ("unit_sort", backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="unit")),
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
            ],
            options={
                "verbose_name": "article",
                "verbose_name_plural": "articles",
                "ordering": ["name_sort", "id"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Complaint",
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
                    "desc",
                    backoffice.records.fields.base.ParagraphField(default="", verbose_name="description"),
                ),
                (
                    "room_description",
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=255, verbose_name="room"
                    ),
                ),
                (
                    "contact_name",
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=255, verbose_name="name"
                    ),
                ),
                (
                    "contact_email",
                    backoffice.records.fields.base.EmailLineField(
                        blank=True, default="", max_length=254, verbose_name="e-mail"
                    ),
                ),
                (
                    "contact_telephone",
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=255, verbose_name="phone"
                    ),
                ),
                (
                    "priority",
                    backoffice.records.fields.base.WholeNumberField(
                        default=1,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(4),
                        ],
                        verbose_name="priority",
                    ),
                ),
                (
                    "images",
                    backoffice.records.fields.base.TextListField(
                        blank=True, default=list, verbose_name="images"
                    ),
                ),
                (
                    "comment",
                    backoffice.records.fields.base.ParagraphField(
                        blank=True, default="", verbose_name="internal note"
                    ),
                ),
                (
                    "response",
                    backoffice.records.fields.base.ParagraphField(
                        blank=True, default="", verbose_name="reply to customer"
                    ),
                ),
                (
                    "custom_fields",
                    backoffice.records.fields.base.OpenObjectField(
                        blank=True, null=True, verbose_name="extra fields"
                    ),
                ),
                (
                    "complaint_status",
                    backoffice.records.fields.base.LineField(
                        choices=[("new", "New"), ("assigned", "Assigned"), ("finished", "Finished")],
                        default="new",
                        editable=False,
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "assigned_date",
                    backoffice.records.fields.base.InstantField(
                        blank=True, editable=False, null=True, verbose_name="assigned on"
                    ),
                ),
                (
                    "finished_at",
                    backoffice.records.fields.base.InstantField(
                        blank=True, editable=False, null=True, verbose_name="finished on"
                    ),
                ),
                (
                    "finish_images",
                    backoffice.records.fields.base.TextListField(
                        blank=True, default=list, verbose_name="images after completion"
                    ),
                ),
                ("desc_sort", backoffice.records.fields.sort_keys.SortKeyField(is_long=True, of="desc")),
                (
                    "room_description_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="room_description"),
                ),
                (
                    "contact_name_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="contact_name"),
                ),
                (
                    "contact_email_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="contact_email"),
                ),
                (
                    "contact_telephone_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="contact_telephone"),
                ),
                (
                    "comment_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=True, of="comment"),
                ),
                (
                    "response_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=True, of="response"),
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
                    "finished_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="complaints_finished",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="finished by",
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
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="complaints_assigned",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="assignee",
                    ),
                ),
            ],
            options={
                "verbose_name": "complaint",
                "verbose_name_plural": "complaints",
                "ordering": ["-number", "id"],
                "abstract": False,
            },
            bases=(backoffice.uploads.references.UploadReferencesMixin, models.Model),
        ),
        migrations.CreateModel(
            name="ComplaintTag",
            fields=[
                (
                    "company_id",
                    backoffice.records.fields.base.ObjectIdField(blank=True, editable=False, null=True),
                ),
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
                ("position", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "text",
                    backoffice.records.fields.base.LineField(default="", max_length=100, verbose_name="tag"),
                ),
                (
                    "record",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="facility.complaint",
                    ),
                ),
            ],
            options={
                "verbose_name": "tag of a complaint",
                "verbose_name_plural": "tags of complaints",
                "ordering": ["position"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="CustomerObject",
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
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=255, verbose_name="name"
                    ),
                ),
                (
                    "contact_phone",
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=255, verbose_name="phone"
                    ),
                ),
                (
                    "contact_email",
                    backoffice.records.fields.base.EmailLineField(
                        blank=True, default="", max_length=254, verbose_name="e-mail"
                    ),
                ),
                (
                    "contact_fax",
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=255, verbose_name="fax"
                    ),
                ),
                (
                    "contract_start_date",
                    backoffice.records.fields.base.InstantField(
                        blank=True, null=True, verbose_name="contract start"
                    ),
                ),
                (
                    "contract_end_date",
                    backoffice.records.fields.base.InstantField(
                        blank=True, null=True, verbose_name="contract end"
                    ),
                ),
                (
                    "location_latitude",
                    backoffice.records.fields.base.NumberField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(-90),
                            django.core.validators.MaxValueValidator(90),
                        ],
                        verbose_name="latitude",
                    ),
                ),
                (
                    "location_longitude",
                    backoffice.records.fields.base.NumberField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(-180),
                            django.core.validators.MaxValueValidator(180),
                        ],
                        verbose_name="longitude",
                    ),
                ),
                (
                    "rating",
                    backoffice.records.fields.base.NumberField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(5),
                        ],
                        verbose_name="quality rating",
                    ),
                ),
                (
                    "description",
                    backoffice.records.fields.base.ParagraphField(
                        blank=True, default="", verbose_name="description"
                    ),
                ),
                (
                    "security_code",
                    backoffice.records.fields.encryption.EncryptedAnyField(
                        blank=True, default=None, null=True, verbose_name="door code"
                    ),
                ),
                (
                    "key",
                    backoffice.records.fields.encryption.EncryptedAnyField(
                        blank=True, default=None, null=True, verbose_name="key"
                    ),
                ),
                (
                    "order_description",
                    backoffice.records.fields.base.ParagraphField(
                        blank=True, default="", verbose_name="order description"
                    ),
                ),
                (
                    "contact_name",
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=255, verbose_name="contact name"
                    ),
                ),
                (
                    "service_recipient",
                    backoffice.records.fields.base.LineField(
                        blank=True, default=None, max_length=255, null=True, verbose_name="service recipient"
                    ),
                ),
                ("name_sort", backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="name")),
                (
                    "contact_phone_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="contact_phone"),
                ),
                (
                    "contact_email_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="contact_email"),
                ),
                (
                    "contact_fax_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="contact_fax"),
                ),
                (
                    "description_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=True, of="description"),
                ),
                (
                    "order_description_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=True, of="order_description"),
                ),
                (
                    "contact_name_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="contact_name"),
                ),
                (
                    "service_recipient_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="service_recipient"),
                ),
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
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="objects_served",
                        to="people.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "invoice_recipient",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="objects_invoiced",
                        to="people.contact",
                        verbose_name="invoice recipient",
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
                    "object_manager",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="objects_managed",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="object manager",
                    ),
                ),
            ],
            options={
                "verbose_name": "customer object",
                "verbose_name_plural": "customer objects",
                "ordering": ["-number", "id"],
                "permissions": [("view_object_secrets", "Can see security codes and keys of objects")],
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="complaint",
            name="object",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="complaints",
                to="facility.customerobject",
                verbose_name="object",
            ),
        ),
        migrations.CreateModel(
            name="InvoiceCCRecipient",
            fields=[
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
                ("position", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="facility.customerobject",
                    ),
                ),
            ],
            options={
                "verbose_name": "invoice copy",
                "verbose_name_plural": "invoice copies",
                "ordering": ["position"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Material",
            fields=[
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
                ("position", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "budget",
                    backoffice.records.fields.base.NumberField(
                        blank=True, null=True, verbose_name="agreed quantity"
                    ),
                ),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="facility.article",
                        verbose_name="article",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="facility.customerobject",
                    ),
                ),
            ],
            options={
                "verbose_name": "material",
                "verbose_name_plural": "material",
                "ordering": ["position"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ObjectContact",
            fields=[
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
                ("position", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="facility.customerobject",
                    ),
                ),
            ],
            options={
                "verbose_name": "contact of an object",
                "verbose_name_plural": "contacts of objects",
                "ordering": ["position"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ObjectTag",
            fields=[
                (
                    "company_id",
                    backoffice.records.fields.base.ObjectIdField(blank=True, editable=False, null=True),
                ),
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
                ("position", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "text",
                    backoffice.records.fields.base.LineField(default="", max_length=100, verbose_name="tag"),
                ),
                (
                    "record",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="facility.customerobject",
                    ),
                ),
            ],
            options={
                "verbose_name": "tag of an object",
                "verbose_name_plural": "tags of objects",
                "ordering": ["position"],
                "abstract": False,
            },
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(fields=["company", "last_modified_at"], name="facility_article_new"),
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(fields=["company", "id"], name="facility_article_ids"),
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(fields=["company", "created_at", "id"], name="facility_article_made"),
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(fields=["company", "name_sort"], name="article_name"),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=models.UniqueConstraint(fields=("company", "number"), name="facility_article_number"),
        ),
        migrations.AddIndex(
            model_name="complainttag",
            index=models.Index(fields=["company_id", "text"], name="facility_co_company_965270_idx"),
        ),
        migrations.AddIndex(
            model_name="customerobject",
            index=models.Index(fields=["company", "last_modified_at"], name="facility_customerobject_new"),
        ),
        migrations.AddIndex(
            model_name="customerobject",
            index=models.Index(fields=["company", "id"], name="facility_customerobject_ids"),
        ),
        migrations.AddIndex(
            model_name="customerobject",
            index=models.Index(fields=["company", "created_at", "id"], name="facility_customerobject_made"),
        ),
        migrations.AddIndex(
            model_name="customerobject",
            index=models.Index(fields=["customer", "company", "id"], name="object_customer_ids"),
        ),
        migrations.AddIndex(
            model_name="customerobject",
            index=models.Index(fields=["customer", "company", "number"], name="object_customer_nos"),
        ),
        migrations.AddIndex(
            model_name="customerobject",
            index=models.Index(fields=["object_manager", "company", "id"], name="object_manager_ids"),
        ),
        migrations.AddIndex(
            model_name="customerobject",
            index=models.Index(fields=["object_manager", "company", "number"], name="object_manager_nos"),
        ),
        migrations.AddConstraint(
            model_name="customerobject",
            constraint=models.UniqueConstraint(
                fields=("company", "number"), name="facility_customerobject_number"
            ),
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(fields=["company", "last_modified_at"], name="facility_complaint_new"),
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(fields=["company", "id"], name="facility_complaint_ids"),
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(fields=["company", "created_at", "id"], name="facility_complaint_made"),
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(fields=["object", "company", "id"], name="complaint_object_ids"),
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(fields=["object", "company", "number"], name="complaint_object_nos"),
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(fields=["user", "company", "id"], name="complaint_user_ids"),
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(fields=["user", "company", "number"], name="complaint_user_nos"),
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(fields=["company", "complaint_status", "id"], name="complaint_state_ids"),
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(fields=["company", "complaint_status", "number"], name="complaint_state_nos"),
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(
                fields=["user", "company", "complaint_status", "id"], name="complaint_user_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="complaint",
            constraint=models.UniqueConstraint(
                fields=("company", "number"), name="facility_complaint_number"
            ),
        ),
        migrations.AddIndex(
            model_name="objecttag",
            index=models.Index(fields=["company_id", "text"], name="facility_ob_company_03b733_idx"),
        ),
    ]
