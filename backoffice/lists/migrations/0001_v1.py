"""The tables of version 1.0.0. A database that an earlier version made keeps its tables: they are the same."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import backoffice.db.object_ids
import backoffice.records.fields.base


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("lists", "0001_initial"),
        ("lists", "0002_view_names"),
        ("lists", "0003_view_name_once"),
        ("lists", "0004_words"),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedView",
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
                    "company_id",
                    backoffice.records.fields.base.ObjectIdField(
                        blank=True, null=True, verbose_name="company"
                    ),
                ),
                (
                    "customer_id",
                    backoffice.records.fields.base.ObjectIdField(
                        blank=True, null=True, verbose_name="customer"
                    ),
                ),
                ("record_type", models.CharField(max_length=100, verbose_name="type")),
                (
                    "name",
                    backoffice.records.fields.base.LineField(default="", max_length=60, verbose_name="name"),
                ),
                (
                    "query",
                    models.TextField(blank=True, default="", max_length=4000, verbose_name="list address"),
                ),
                ("shared", models.BooleanField(default=False, verbose_name="shared with the company")),
                (
                    "created_at",
                    backoffice.records.fields.base.InstantField(
                        default=backoffice.records.fields.base.now, verbose_name="created"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "saved view",
                "verbose_name_plural": "saved views",
                "ordering": ["name", "id"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ListChoice",
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
                ("record_type", models.CharField(max_length=100, verbose_name="type")),
                (
                    "columns",
                    backoffice.records.fields.base.AnyField(
                        blank=True, default=list, null=True, verbose_name="columns"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                (
                    "default_view",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="lists.savedview",
                        verbose_name="default view",
                    ),
                ),
            ],
            options={
                "verbose_name": "list setting",
                "verbose_name_plural": "list settings",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Visit",
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
                ("since", backoffice.records.fields.base.InstantField(verbose_name="since")),
                ("last_at", backoffice.records.fields.base.InstantField(verbose_name="last visit")),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "visit",
                "verbose_name_plural": "visits",
                "default_permissions": (),
            },
        ),
        migrations.AddIndex(
            model_name="savedview",
            index=models.Index(fields=["company_id", "record_type"], name="lists_view_of_company"),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(
                fields=("owner", "record_type", "name"), name="lists_view_name_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="listchoice",
            constraint=models.UniqueConstraint(fields=("user", "record_type"), name="lists_choice_once"),
        ),
    ]
