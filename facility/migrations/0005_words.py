from django.db import migrations

from backoffice.db.search import words_anew


class Migration(migrations.Migration):

    dependencies = [("facility", "0004_ids_of_a_company")]

    operations = [
        migrations.RunPython(words_anew("facility", "Article", "CustomerObject", "Complaint"), migrations.RunPython.noop),
    ]
