"""What the roles may do with support cases. `administer_supportcase` is what the documented system calls ADMIN."""

from django.db import migrations

from backoffice.people import roles

GRANTS = {
    roles.VIEWER: {"supportcase": "view"},
    roles.SUPPORT_STAFF: {"supportcase": f"{roles.ALL_ACTIONS} administer_supportcase"},
    roles.RESELLER: {"supportcase": "view add"},
    roles.ADMINISTRATOR: {"supportcase": f"{roles.ALL_ACTIONS} administer_supportcase"},
}


def give(apps, schema_editor):
    roles.grant(apps, "supportdesk", GRANTS, schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [("supportdesk", "0001_initial"), ("people", "0002_roles")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
