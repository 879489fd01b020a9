"""The tables of version 1.0.0. A database that an earlier version made keeps its tables: they are the same."""

import django.db.models.deletion
from django.db import migrations, models

import backoffice.db.object_ids
import backoffice.records.fields.base


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("records", "0001_initial"),
        ("records", "0002_newest_at_the_end"),
        ("records", "0003_history_stamp"),
        ("records", "0004_key_fingerprints"),
        ("records", "0005_idempotency_keys"),
        ("records", "0006_words"),
    ]

    dependencies = [
        ("people", "0001_v1"),
    ]

    operations = [
        migrations.CreateModel(
            name="IdempotencyKey",
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
                ("digest", models.CharField(max_length=64, unique=True)),
                ("caller", models.CharField(max_length=40)),
                ("body_digest", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField(default=200)),
                ("record_id", backoffice.records.fields.base.ObjectIdField()),
                ("created_at", backoffice.records.fields.base.InstantField(db_index=True)),
            ],
            options={
                "verbose_name": "idempotency key",
                "verbose_name_plural": "idempotency keys",
                "indexes": [models.Index(fields=["caller", "created_at"], name="idempotency_caller")],
            },
        ),
        migrations.CreateModel(
            name="KeyFingerprint",
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
                ("setting", models.CharField(max_length=32)),
                ("fingerprint", models.CharField(max_length=64)),
                (
                    "recorded_at",
                    backoffice.records.fields.base.InstantField(default=backoffice.records.fields.base.now),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("setting", "fingerprint"), name="unique_key_fingerprint")
                ],
            },
        ),
        migrations.CreateModel(
            name="History",
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
                ("record_id", backoffice.records.fields.base.ObjectIdField(verbose_name="record")),
                ("record_name", models.TextField(default="", verbose_name="name")),
                ("at", backoffice.records.fields.base.InstantField(verbose_name="time")),
                ("user_id", backoffice.records.fields.base.ObjectIdField(null=True, verbose_name="user id")),
                (
                    "who",
                    backoffice.records.fields.base.LineField(default="", max_length=255, verbose_name="user"),
                ),
                (
                    "via",
                    models.CharField(
                        choices=[
                            ("browser", "in the browser"),
                            ("admin", "in admin"),
                            ("json", "via API"),
                            ("bulk", "by bulk edit"),
                            ("command", "from the command line"),
                        ],
                        max_length=10,
                        verbose_name="channel",
                    ),
                ),
                (
                    "request_id",
                    models.CharField(blank=True, default="", max_length=64, verbose_name="request"),
                ),
                ("version", models.PositiveBigIntegerField(verbose_name="version")),
                ("action", models.CharField(max_length=20, verbose_name="action")),
                (
                    "stamp",
                    backoffice.records.fields.base.InstantField(
                        blank=True, editable=False, null=True, verbose_name="stamp"
                    ),
                ),
                (
                    "changes",
                    backoffice.records.fields.base.AnyField(
                        blank=True, default=list, null=True, verbose_name="changes"
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.company",
                        verbose_name="company",
                    ),
                ),
            ],
            options={
                "verbose_name": "history entry",
                "verbose_name_plural": "history",
                "indexes": [models.Index(fields=["company", "at"], name="records_history_recent")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("record_type", "record_id", "version"), name="records_history_version"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="NumberSeries",
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
                ("record_type", models.CharField(max_length=100)),
                ("last", models.BigIntegerField(default=0)),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.company"
                    ),
                ),
            ],
            options={
                "verbose_name": "number series",
                "verbose_name_plural": "number series",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("record_type", "company"), name="records_numberseries_one"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SecretReading",
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
                ("record_id", backoffice.records.fields.base.ObjectIdField(verbose_name="record")),
                ("record_name", models.TextField(default="", verbose_name="name")),
                ("at", backoffice.records.fields.base.InstantField(verbose_name="time")),
                ("user_id", backoffice.records.fields.base.ObjectIdField(null=True, verbose_name="user id")),
                (
                    "who",
                    backoffice.records.fields.base.LineField(default="", max_length=255, verbose_name="user"),
                ),
                (
                    "via",
                    models.CharField(
                        choices=[
                            ("browser", "in the browser"),
                            ("admin", "in admin"),
                            ("json", "via API"),
                            ("bulk", "by bulk edit"),
                            ("command", "from the command line"),
                        ],
                        max_length=10,
                        verbose_name="channel",
                    ),
                ),
                (
                    "request_id",
                    models.CharField(blank=True, default="", max_length=64, verbose_name="request"),
                ),
                (
                    "properties",
                    backoffice.records.fields.base.AnyField(
                        blank=True, default=list, null=True, verbose_name="properties"
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.company",
                        verbose_name="company",
                    ),
                ),
            ],
            options={
                "verbose_name": "secret access",
                "verbose_name_plural": "secret access log",
                "indexes": [models.Index(fields=["company", "at"], name="records_readings_recent")],
            },
        ),
    ]
