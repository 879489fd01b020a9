from django.db import migrations

from backoffice.db.search import rebuild_words


class Migration(migrations.Migration):

    dependencies = [("people", "0005_ids_of_a_company")]

    operations = [
        migrations.RunPython(
            rebuild_words("people", "Company", "Customer", "Contact", "User", "ApiKey"), migrations.RunPython.noop
        ),
    ]
