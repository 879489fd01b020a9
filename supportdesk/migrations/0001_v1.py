"""The tables of version 1.0.0. A database that an earlier version made keeps its tables: they are the same."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import backoffice.db.object_ids
import backoffice.records.fields.base
import backoffice.records.fields.sort_keys
import backoffice.uploads.references


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("supportdesk", "0001_initial"),
        ("supportdesk", "0002_roles"),
        ("supportdesk", "0003_ids_of_a_company"),
        ("supportdesk", "0004_words"),
        ("supportdesk", "0005_indexes_of_lists"),
        ("supportdesk", "0006_newest_at_the_end"),
        ("supportdesk", "0007_sort_keys"),
        ("supportdesk", "0008_words"),
    ]

    dependencies = [
        ("people", "0001_v1"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Comment",
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
                    "comment",
                    backoffice.records.fields.base.ParagraphField(default="", verbose_name="comment"),
                ),
                (
                    "date",
                    backoffice.records.fields.base.InstantField(
                        blank=True, default=None, null=True, verbose_name="date"
                    ),
                ),
                (
                    "customer_name",
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=255, verbose_name="customer's name"
                    ),
                ),
                (
                    "employee_name",
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=255, verbose_name="author's name"
                    ),
                ),
                (
                    "is_support",
                    models.BooleanField(blank=True, default=None, null=True, verbose_name="by support"),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "employee",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="author",
                    ),
                ),
            ],
            options={
                "verbose_name": "comment",
                "verbose_name_plural": "comments",
                "ordering": ["position"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="CommentFile",
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
                    "url",
                    backoffice.records.fields.base.URIField(
                        default="", max_length=2000, verbose_name="address"
                    ),
                ),
                (
                    "type",
                    backoffice.records.fields.base.LineField(
                        choices=[("IMAGE", "Image"), ("DOC", "Document")],
                        default="IMAGE",
                        max_length=10,
                        verbose_name="type",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="supportdesk.comment",
                    ),
                ),
            ],
            options={
                "verbose_name": "file of a comment",
                "verbose_name_plural": "files of comments",
                "ordering": ["position"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="SupportCase",
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
                    backoffice.records.fields.base.LineField(
                        default="", max_length=255, verbose_name="subject"
                    ),
                ),
                (
                    "description",
                    backoffice.records.fields.base.ParagraphField(
                        blank=True, default="", verbose_name="description"
                    ),
                ),
                (
                    "customer_name",
                    backoffice.records.fields.base.LineField(
                        blank=True,
                        default="",
                        help_text="Leave empty to use the customer's own name.",
                        max_length=255,
                        verbose_name="customer's name",
                    ),
                ),
                (
                    "employee_name",
                    backoffice.records.fields.base.LineField(
                        blank=True,
                        default="",
                        help_text="Leave empty to use that person's own name.",
                        max_length=255,
                        verbose_name="reporter's name",
                    ),
                ),
                ("solved", models.BooleanField(default=False, verbose_name="solved")),
                (
                    "date",
                    backoffice.records.fields.base.InstantField(
                        default=backoffice.records.fields.base.now, editable=False, verbose_name="reported on"
                    ),
                ),
                (
                    "device",
                    backoffice.records.fields.base.LineField(
                        blank=True,
                        choices=[
                            ("ANDROID", "Android"),
                            ("ANDROIDTV", "Android TV"),
                            ("APPLETV", "Apple TV"),
                            ("CROMEMAC", "Chrome on Mac"),
                            ("CHROMEWINDOWS", "Chrome on Windows"),
                            ("DVB", "DVB receiver"),
                            ("FIREFOXMAC", "Firefox on Mac"),
                            ("FIREFOXWINDOWS", "Firefox on Windows"),
                            ("IOS", "iPhone or iPad"),
                            ("SAFARIMAC", "Safari on Mac"),
                            ("SAFARIWINDOWS", "Safari on Windows"),
                            ("OTHER", "Other"),
                        ],
                        default="",
                        max_length=20,
                        verbose_name="device",
                    ),
                ),
                (
                    "system_version",
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=255, verbose_name="system version"
                    ),
                ),
                (
                    "play_maker_version",
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=255, verbose_name="PlayMaker version"
                    ),
                ),
                (
                    "response_author",
                    backoffice.records.fields.base.LineField(
                        blank=True,
                        default="",
                        help_text="Leave empty to use PlayMaker Teamet.",
                        max_length=255,
                        verbose_name="sender name",
                    ),
                ),
                (
                    "response_answer",
                    backoffice.records.fields.base.ParagraphField(
                        blank=True, default="", verbose_name="reply to customer"
                    ),
                ),
                (
                    "response_date",
                    backoffice.records.fields.base.InstantField(
                        blank=True, null=True, verbose_name="replied on"
                    ),
                ),
                (
                    "response_employee_name",
                    backoffice.records.fields.base.LineField(
                        blank=True, default="", max_length=255, verbose_name="replied by (name)"
                    ),
                ),
                (
                    "private_information",
                    backoffice.records.fields.base.ParagraphField(
                        blank=True, default="", verbose_name="internal note"
                    ),
                ),
                ("name_sort", backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="name")),
                (
                    "description_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=True, of="description"),
                ),
                (
                    "customer_name_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="customer_name"),
                ),
                (
                    "employee_name_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="employee_name"),
                ),
                (
                    "system_version_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="system_version"),
                ),
                (
                    "play_maker_version_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="play_maker_version"),
                ),
                (
                    "response_author_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="response_author"),
                ),
                (
                    "response_answer_sort",
                    backoffice.records.fields.sort_keys.SortKeyField(is_long=True, of="response_answer"),
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
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="support_cases",
                        to="people.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "employee",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="support_cases",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="reported by",
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
                    "response_employee",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="support_cases_answered",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="replied by",
                    ),
                ),
            ],
            options={
                "verbose_name": "support case",
                "verbose_name_plural": "support cases",
                "ordering": ["-number", "id"],
                "permissions": [("administer_supportcase", "Can answer and change support cases (ADMIN)")],
                "abstract": False,
            },
            bases=(backoffice.uploads.references.UploadReferencesMixin, models.Model),
        ),
        migrations.AddField(
            model_name="comment",
            name="record",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="supportdesk.supportcase",
            ),
        ),
        migrations.CreateModel(
            name="CaseFile",
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
                    "url",
                    backoffice.records.fields.base.URIField(
                        default="", max_length=2000, verbose_name="address"
                    ),
                ),
                (
                    "type",
                    backoffice.records.fields.base.LineField(
                        choices=[("IMAGE", "Image"), ("DOC", "Document")],
                        default="IMAGE",
                        max_length=10,
                        verbose_name="type",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="supportdesk.supportcase",
                    ),
                ),
            ],
            options={
                "verbose_name": "file of a case",
                "verbose_name_plural": "files of cases",
                "ordering": ["position"],
                "abstract": False,
            },
        ),
        migrations.AddIndex(
            model_name="supportcase",
            index=models.Index(fields=["company", "last_modified_at"], name="supportdesk_supportcase_new"),
        ),
        migrations.AddIndex(
            model_name="supportcase",
            index=models.Index(fields=["company", "id"], name="supportdesk_supportcase_ids"),
        ),
        migrations.AddIndex(
            model_name="supportcase",
            index=models.Index(fields=["company", "created_at", "id"], name="supportdesk_supportcase_made"),
        ),
        migrations.AddIndex(
            model_name="supportcase",
            index=models.Index(fields=["customer", "company", "id"], name="case_customer_ids"),
        ),
        migrations.AddIndex(
            model_name="supportcase",
            index=models.Index(fields=["customer", "company", "number"], name="case_customer_nos"),
        ),
        migrations.AddIndex(
            model_name="supportcase",
            index=models.Index(fields=["employee", "company", "id"], name="case_employee_ids"),
        ),
        migrations.AddIndex(
            model_name="supportcase",
            index=models.Index(fields=["employee", "company", "number"], name="case_employee_nos"),
        ),
        migrations.AddIndex(
            model_name="supportcase",
            index=models.Index(fields=["company", "solved", "number"], name="case_solved"),
        ),
        migrations.AddIndex(
            model_name="supportcase",
            index=models.Index(fields=["company", "date", "id"], name="case_date"),
        ),
        migrations.AddConstraint(
            model_name="supportcase",
            constraint=models.UniqueConstraint(
                fields=("company", "number"), name="supportdesk_supportcase_number"
            ),
        ),
    ]
