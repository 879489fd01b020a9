"""The tables of version 1.0.0. A database that an earlier version made keeps its tables: they are the same."""

from django.db import migrations, models

import backoffice.db.object_ids
import backoffice.records.fields.base


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("exchange", "0001_initial"),
        ("exchange", "0002_roles"),
        ("exchange", "0003_words"),
    ]

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ImportRun",
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
                ("digest", models.CharField(max_length=64, verbose_name="checksum of the input")),
                ("command", models.TextField(verbose_name="command")),
                ("user_id", backoffice.records.fields.base.ObjectIdField(null=True, verbose_name="user id")),
                (
                    "who",
                    backoffice.records.fields.base.LineField(default="", max_length=255, verbose_name="user"),
                ),
                ("done", models.PositiveBigIntegerField(default=0, verbose_name="imported documents")),
                (
                    "started_at",
                    backoffice.records.fields.base.InstantField(
                        default=backoffice.records.fields.base.now, verbose_name="started"
                    ),
                ),
                (
                    "finished_at",
                    backoffice.records.fields.base.InstantField(null=True, verbose_name="finished"),
                ),
                ("undone_at", backoffice.records.fields.base.InstantField(null=True, verbose_name="undone")),
            ],
            options={
                "verbose_name": "import",
                "verbose_name_plural": "imports",
                "permissions": [("import_records", "Can import records with their ids and stamps")],
                "default_permissions": (),
            },
        ),
    ]
