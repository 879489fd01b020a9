from django.db import migrations

from backoffice.db.search import words_anew


class Migration(migrations.Migration):

    dependencies = [("workplace", "0003_language")]

    operations = [
        migrations.RunPython(words_anew("workplace", "CannedAnswer"), migrations.RunPython.noop),
    ]
