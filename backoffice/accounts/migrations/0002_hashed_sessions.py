"""Sessions of which the database has a keyed hash. Those from before end: their cookies were kept as they are, and copies of
the database still have them."""

import backoffice.records.fields.base
from django.db import migrations, models


def end_sessions(apps, schema_editor):
    sessions = apps.get_model("sessions", "Session").objects.using(schema_editor.connection.alias)
    sessions.all().delete()


class Migration(migrations.Migration):

    dependencies = [
        ('signin', '0001_initial'),
        ('sessions', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='UserSession',
            fields=[
                ('session_data', models.TextField(verbose_name='session data')),
                ('expire_date', models.DateTimeField(db_index=True, verbose_name='expire date')),
                ('session_key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('user_id', backoffice.records.fields.base.ObjectIdField(db_index=True, null=True)),
                ('started_at', backoffice.records.fields.base.InstantField(null=True)),
                ('device', models.CharField(default='', max_length=100)),
                ('address', models.CharField(default='', max_length=50)),
            ],
            options={
                'verbose_name': 'session',
                'verbose_name_plural': 'sessions',
            },
        ),
        migrations.RunPython(end_sessions, migrations.RunPython.noop),
    ]
