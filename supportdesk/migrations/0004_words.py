from django.db import migrations

from backoffice.db.search import words_anew


class Migration(migrations.Migration):

    dependencies = [("supportdesk", "0003_ids_of_a_company")]

    operations = [
        migrations.RunPython(words_anew("supportdesk", "SupportCase"), migrations.RunPython.noop),
    ]
