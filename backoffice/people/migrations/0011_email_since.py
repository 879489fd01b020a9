"""Since when each user has their e-mail address: of several with the same, the first signs in by it."""

from django.db import migrations

import backoffice.records.fields.base


def fill(apps, schema_editor):
    users = apps.get_model("people", "User").objects.using(schema_editor.connection.alias)
    for pk, created_at in list(users.order_by().values_list("pk", "created_at")):
        users.filter(pk=pk).update(email_since=created_at)


class Migration(migrations.Migration):
    dependencies = [("people", "0010_sort_keys")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="email_since",
            field=backoffice.records.fields.base.InstantField(default=backoffice.records.fields.base.now, editable=False),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
