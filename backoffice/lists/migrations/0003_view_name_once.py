from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lists", "0002_view_names")]
    operations = [
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(fields=("owner", "record_type", "name"), name="lists_view_name_once"),
        ),
    ]
