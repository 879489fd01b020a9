"""Columns by which usernames and e-mail addresses are found. Of several users whose names count as the same, the oldest gets
the key; the others have none, and `manage.py check --database default` lists them."""

from django.db import migrations, models

from backoffice.people.usernames import email_key, username_key


def fill(apps, schema_editor):
    users = apps.get_model("people", "User").objects.using(schema_editor.connection.alias)
    taken = set()
    for pk, username, email in list(
        users.order_by("created_at", "id").values_list("pk", "username", "email")
    ):
        key = username_key(username)
        users.filter(pk=pk).update(
            username_key=None if key in taken else key,
            email_key=email_key(email),
        )
        taken.add(key)


class Migration(migrations.Migration):
    dependencies = [("people", "0008_newest_at_the_end")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="username_key",
            field=models.CharField(editable=False, max_length=200, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="user",
            name="email_key",
            field=models.CharField(db_index=True, editable=False, max_length=200, null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
