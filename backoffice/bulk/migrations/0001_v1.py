"""The tables of version 1.0.0. A database that an earlier version made keeps its tables: they are the same."""

import django.db.models.deletion
from django.db import migrations, models

import backoffice.db.object_ids
import backoffice.records.fields.base


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("bulk", "0001_initial"),
        ("bulk", "0002_removes"),
        ("bulk", "0003_sign_in"),
        ("bulk", "0004_words"),
    ]

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Job",
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
                    "user_id",
                    backoffice.records.fields.base.ObjectIdField(db_index=True, verbose_name="user id"),
                ),
                ("language", models.CharField(default="", max_length=16, verbose_name="language")),
                (
                    "wanted",
                    backoffice.records.fields.base.AnyField(
                        blank=True, default=list, null=True, verbose_name="requested changes"
                    ),
                ),
                ("removes", models.BooleanField(default=False, verbose_name="deletes")),
                ("query", models.TextField(default="", verbose_name="list address")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("prepared", "Not started"),
                            ("running", "In progress"),
                            ("stopped", "Stopped"),
                            ("ended", "Finished"),
                        ],
                        default="prepared",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "created_at",
                    backoffice.records.fields.base.InstantField(
                        default=backoffice.records.fields.base.now, verbose_name="created"
                    ),
                ),
                (
                    "started_at",
                    backoffice.records.fields.base.InstantField(null=True, verbose_name="started"),
                ),
                ("ended_at", backoffice.records.fields.base.InstantField(null=True, verbose_name="ended")),
                ("sign_in", models.CharField(default="", max_length=128, verbose_name="session")),
                (
                    "worker",
                    backoffice.records.fields.base.LineField(
                        default="", max_length=64, verbose_name="worker"
                    ),
                ),
                (
                    "leased_until",
                    backoffice.records.fields.base.InstantField(null=True, verbose_name="leased until"),
                ),
            ],
            options={
                "verbose_name": "bulk edit",
                "verbose_name_plural": "bulk edits",
                "default_permissions": (),
                "indexes": [models.Index(fields=["state", "started_at"], name="bulk_job_waiting")],
            },
        ),
        migrations.CreateModel(
            name="JobItem",
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
                ("position", models.PositiveIntegerField(verbose_name="position")),
                ("record_id", backoffice.records.fields.base.ObjectIdField(verbose_name="record")),
                ("seen", models.PositiveBigIntegerField(verbose_name="version seen")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("done", "Done"),
                            ("nothing", "Unchanged"),
                            ("refused", "Rejected"),
                            ("conflict", "Conflict"),
                        ],
                        default="",
                        max_length=10,
                        verbose_name="result",
                    ),
                ),
                ("why", models.TextField(default="", verbose_name="reason")),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="bulk.job",
                        verbose_name="bulk edit",
                    ),
                ),
            ],
            options={
                "verbose_name": "bulk edit item",
                "verbose_name_plural": "bulk edit items",
                "default_permissions": (),
                "indexes": [models.Index(fields=["job", "outcome", "position"], name="bulk_jobitem_open")],
                "constraints": [
                    models.UniqueConstraint(fields=("job", "record_id"), name="bulk_jobitem_once")
                ],
            },
        ),
    ]
