"""The tables of version 1.0.0. A database that an earlier version made keeps its tables: they are the same."""

import django.db.models.deletion
from django.db import migrations, models

import backoffice.db.object_ids
import backoffice.records.fields.base
import backoffice.uploads.models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("uploads", "0001_initial"),
        ("uploads", "0002_roles"),
        ("uploads", "0003_quotas"),
        ("uploads", "0004_words"),
        ("uploads", "0005_any_app"),
    ]

    dependencies = [
        ("people", "0001_v1"),
    ]

    operations = [
        migrations.CreateModel(
            name="Upload",
            fields=[
                (
                    "id",
                    backoffice.records.fields.base.ObjectIdField(
                        db_column="_id",
                        default=backoffice.uploads.models.unguessable_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "uploaded_by",
                    backoffice.records.fields.base.ObjectIdField(null=True, verbose_name="uploaded by"),
                ),
                (
                    "at",
                    backoffice.records.fields.base.InstantField(
                        default=backoffice.records.fields.base.now, verbose_name="time"
                    ),
                ),
                (
                    "desk",
                    models.CharField(max_length=100, verbose_name="app"),
                ),
                (
                    "label",
                    backoffice.records.fields.base.LineField(
                        default="", max_length=100, verbose_name="label"
                    ),
                ),
                (
                    "name",
                    backoffice.records.fields.base.LineField(
                        default="",
                        help_text="The file name used for downloads.",
                        max_length=255,
                        verbose_name="name",
                    ),
                ),
                (
                    "content_type",
                    backoffice.records.fields.base.LineField(
                        default="", max_length=100, verbose_name="content type"
                    ),
                ),
                ("size", models.PositiveBigIntegerField(verbose_name="size in bytes")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                (
                    "let_go_at",
                    backoffice.records.fields.base.InstantField(
                        default=backoffice.records.fields.base.now, verbose_name="unused since"
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.company",
                        verbose_name="company",
                    ),
                ),
            ],
            options={
                "verbose_name": "upload",
                "verbose_name_plural": "uploads",
                "default_permissions": ("add",),
            },
        ),
        migrations.CreateModel(
            name="UploadUse",
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
                (
                    "upload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uses",
                        to="uploads.upload",
                        verbose_name="upload",
                    ),
                ),
            ],
            options={
                "verbose_name": "use of an upload",
                "verbose_name_plural": "uses of uploads",
                "default_permissions": (),
            },
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["let_go_at"], name="uploads_upload_let_go"),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["company", "size"], name="uploads_upload_company_size"),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["uploaded_by", "at"], name="uploads_upload_sent"),
        ),
        migrations.AddConstraint(
            model_name="uploaduse",
            constraint=models.UniqueConstraint(
                fields=("record_type", "record_id", "upload"), name="uploads_uploaduse_once"
            ),
        ),
    ]
