from django.db import migrations

from backoffice.db.search import rebuild_words


class Migration(migrations.Migration):

    dependencies = [("supportdesk", "0003_ids_of_a_company")]

    operations = [
        migrations.RunPython(rebuild_words("supportdesk", "SupportCase"), migrations.RunPython.noop),
    ]
