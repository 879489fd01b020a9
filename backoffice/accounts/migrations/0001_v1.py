"""The tables of version 1.0.0. A database that an earlier version made keeps its tables: they are the same."""

from django.db import migrations, models

import backoffice.db.object_ids
import backoffice.records.fields.base


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("signin", "0001_initial"),
        ("signin", "0002_hashed_sessions"),
    ]

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Attempts",
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
                ("key", models.CharField(max_length=64, unique=True)),
                ("count", models.PositiveIntegerField(default=0)),
                ("turn", models.PositiveBigIntegerField(default=0)),
                ("counted_at", backoffice.records.fields.base.InstantField()),
                ("held_until", backoffice.records.fields.base.InstantField(null=True)),
                ("forgotten_at", backoffice.records.fields.base.InstantField(db_index=True)),
            ],
            options={
                "verbose_name": "attempts",
                "verbose_name_plural": "attempts",
            },
        ),
        migrations.CreateModel(
            name="UserSession",
            fields=[
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("session_key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("user_id", backoffice.records.fields.base.ObjectIdField(db_index=True, null=True)),
                ("started_at", backoffice.records.fields.base.InstantField(null=True)),
                ("device", models.CharField(default="", max_length=100)),
                ("address", models.CharField(default="", max_length=50)),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
            },
        ),
    ]
