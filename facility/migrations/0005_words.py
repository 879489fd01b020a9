from django.db import migrations

from backoffice.db.search import rebuild_words


class Migration(migrations.Migration):

    dependencies = [("facility", "0004_ids_of_a_company")]

    operations = [
        migrations.RunPython(rebuild_words("facility", "Article", "CustomerObject", "Complaint"), migrations.RunPython.noop),
    ]
