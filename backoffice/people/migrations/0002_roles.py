"""The roles and what they may do with people, customers and keys."""

from django.db import migrations

from backoffice.people import roles

LOOK = {"customer": "view", "contact": "view", "user": "view"}
WORK = {"customer": roles.EVERYTHING, "contact": roles.EVERYTHING, "user": "view", "apikey": roles.EVERYTHING}

GRANTS = {
    roles.VIEWER: LOOK,
    roles.FACILITY_STAFF: WORK,
    roles.SUPPORT_STAFF: WORK,
    roles.RESELLER: {"customer": "view", "apikey": roles.EVERYTHING},
    roles.ADMINISTRATOR: {
        "customer": roles.EVERYTHING,
        "contact": roles.EVERYTHING,
        "user": f"{roles.EVERYTHING} enter_admin",
        "apikey": f"{roles.EVERYTHING} manage_apikeys",
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
