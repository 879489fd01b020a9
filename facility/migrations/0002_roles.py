"""What the roles may do with objects, complaints and articles."""

from django.db import migrations

from backoffice.people import roles

WORK = {
    "complaint": roles.ALL_ACTIONS,
    "customerobject": f"{roles.ALL_ACTIONS} view_object_secrets",
    "article": roles.ALL_ACTIONS,
}

GRANTS = {
    roles.VIEWER: {"complaint": "view", "customerobject": "view", "article": "view"},
    roles.FACILITY_STAFF: WORK,
    roles.ADMINISTRATOR: WORK,
}


def give(apps, schema_editor):
    roles.grant(apps, "facility", GRANTS, schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [("facility", "0001_initial"), ("people", "0002_roles")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
