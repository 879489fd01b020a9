"""The tables of version 1.0.0. A database that an earlier version made keeps its tables: they are the same."""

from django.db import migrations, models

import backoffice.db.object_ids
import backoffice.records.fields.base


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("moving", "0001_initial"),
        ("moving", "0002_words"),
    ]

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Move",
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
                ("source", models.TextField(verbose_name="from")),
                ("run", models.CharField(max_length=32, verbose_name="run")),
                ("step", models.CharField(blank=True, default="", max_length=150, verbose_name="step")),
                ("after", models.TextField(blank=True, default="", verbose_name="after")),
                (
                    "begun_at",
                    backoffice.records.fields.base.InstantField(
                        default=backoffice.records.fields.base.now, verbose_name="started"
                    ),
                ),
                ("ended_at", backoffice.records.fields.base.InstantField(null=True, verbose_name="ended")),
            ],
            options={
                "verbose_name": "move",
                "verbose_name_plural": "moves",
                "default_permissions": (),
            },
        ),
    ]
