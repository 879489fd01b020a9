"""The roles and what they may do with people, customers and keys."""

from django.db import migrations

from backoffice.people import roles

LOOK = {"customer": "view", "contact": "view", "user": "view"}
WORK = {"customer": roles.ALL_ACTIONS, "contact": roles.ALL_ACTIONS, "user": "view", "apikey": roles.ALL_ACTIONS}

GRANTS = {
    roles.VIEWER: LOOK,
    roles.FACILITY_STAFF: WORK,
    roles.SUPPORT_STAFF: WORK,
    roles.RESELLER: {"customer": "view", "apikey": roles.ALL_ACTIONS},
    roles.ADMINISTRATOR: {
        "customer": roles.ALL_ACTIONS,
        "contact": roles.ALL_ACTIONS,
        "user": f"{roles.ALL_ACTIONS} enter_admin",
        "apikey": f"{roles.ALL_ACTIONS} manage_apikeys",
        "company": "view change",
    },
}


def give(apps, schema_editor):
    roles.grant(apps, "people", GRANTS, schema_editor.connection.alias)
    # Everybody reads the history of what they see; administrators all of their company's.
    roles.grant(apps, "records", {roles.ADMINISTRATOR: {"history": "view", "secretreading": "view"}}, schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial"), ("auth", "0001_initial"), ("contenttypes", "0001_initial")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
