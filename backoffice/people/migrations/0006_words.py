from django.db import migrations

from backoffice.db.search import words_anew


class Migration(migrations.Migration):

    dependencies = [("people", "0005_ids_of_a_company")]

    operations = [
        migrations.RunPython(
            words_anew("people", "Company", "Customer", "Contact", "User", "ApiKey"), migrations.RunPython.noop
        ),
    ]
