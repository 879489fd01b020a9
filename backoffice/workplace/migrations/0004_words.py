from django.db import migrations

from backoffice.db.search import rebuild_words


class Migration(migrations.Migration):

    dependencies = [("workplace", "0003_language")]

    operations = [
        migrations.RunPython(rebuild_words("workplace", "CannedAnswer"), migrations.RunPython.noop),
    ]
