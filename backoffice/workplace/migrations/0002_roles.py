"""Who may use and write canned answers."""

from django.db import migrations

from backoffice.people import roles

GRANTS = {
    roles.VIEWER: {"cannedanswer": "view"},
    roles.FACILITY_STAFF: {"cannedanswer": "view add change"},
    roles.SUPPORT_STAFF: {"cannedanswer": "view add change"},
    roles.ADMINISTRATOR: {"cannedanswer": "view add change delete"},
}


def give(apps, schema_editor):
    roles.grant(apps, "workplace", GRANTS, schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [("workplace", "0001_initial"), ("people", "0002_roles")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
