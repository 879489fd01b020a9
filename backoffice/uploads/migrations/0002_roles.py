"""Who may send files: everybody who works on what files are shown in."""

from django.db import migrations

from backoffice.people import roles

SENDERS = (roles.FACILITY_STAFF, roles.SUPPORT_STAFF, roles.RESELLER, roles.ADMINISTRATOR)
GRANTS = {role: {"upload": "add"} for role in SENDERS}


def give(apps, schema_editor):
    roles.grant(apps, "uploads", GRANTS, schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [("uploads", "0001_initial"), ("people", "0002_roles")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
