"""Who may import records with the ids and the stamps that they had elsewhere."""

from django.db import migrations

from backoffice.people import roles

GRANTS = {roles.ADMINISTRATOR: {"importrun": "import_records"}}


def give(apps, schema_editor):
    roles.grant(apps, "exchange", GRANTS, schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [("exchange", "0001_initial"), ("people", "0002_roles")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
