from django.db import migrations

from backoffice.records.searching import words_anew


class Migration(migrations.Migration):

    dependencies = [("workplace", "0002_roles")]

    operations = [
        migrations.RunPython(words_anew("workplace", "CannedAnswer"), migrations.RunPython.noop),
    ]
