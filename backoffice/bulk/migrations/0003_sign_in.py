from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bulk', '0002_removes'),
    ]

    operations = [
        migrations.AddField(
            model_name='job',
            name='sign_in',
            field=models.CharField(default='', max_length=128, verbose_name='sign-in'),
        ),
    ]
