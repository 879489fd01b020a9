"""The tables of version 1.0.0. A database that an earlier version made keeps its tables: they are the same."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import backoffice.db.object_ids
import backoffice.records.fields.base
import backoffice.records.fields.sort_keys


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("workplace", "0001_initial"),
        ("workplace", "0002_roles"),
        ("workplace", "0003_language"),
        ("workplace", "0004_words"),
        ("workplace", "0005_sort_keys"),
        ("workplace", "0006_words"),
    ]

    dependencies = [
        ("people", "0001_v1"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CannedAnswer",
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
                    "title",
                    backoffice.records.fields.base.LineField(
                        default="",
                        help_text="The name by which staff choose the reply. Customers never see it.",
                        max_length=255,
                        verbose_name="title",
                    ),
                ),
                (
                    "text",
                    backoffice.records.fields.base.ParagraphField(
                        default="",
                        help_text="These placeholders are replaced: {customer}, {contact}, {number}, {subject}, {object}, {address}, {device}, {me}, {company}, {today}.",
                        verbose_name="text",
                    ),
                ),
                ("title_sort", backoffice.records.fields.sort_keys.SortKeyField(is_long=False, of="title")),
                (
                    "company",
                    models.ForeignKey(
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
                "verbose_name": "saved reply",
                "verbose_name_plural": "saved replies",
                "ordering": ["title_sort", "id"],
            },
        ),
        migrations.CreateModel(
            name="Preferences",
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
                (
                    "theme",
                    models.CharField(
                        choices=[("system", "Match system"), ("light", "Light"), ("dark", "Dark")],
                        default="system",
                        max_length=10,
                        verbose_name="theme",
                    ),
                ),
                (
                    "density",
                    models.CharField(
                        choices=[("comfortable", "Standard"), ("compact", "Compact: more on a screen")],
                        default="comfortable",
                        max_length=12,
                        verbose_name="density",
                    ),
                ),
                (
                    "keys",
                    models.BooleanField(
                        default=True,
                        help_text="One-key shortcuts that work when you are not in a field. Press ? to list them.",
                        verbose_name="keyboard shortcuts",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        blank=True,
                        choices=[("en", "English"), ("da", "Danish"), ("de", "German")],
                        default="",
                        max_length=16,
                        verbose_name="language",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="preferences",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "preferences",
                "verbose_name_plural": "preferences",
                "default_permissions": (),
            },
        ),
    ]
