"""Messages of conversations, and the first ones of the texts that exist."""

import backoffice.db.object_ids
import backoffice.records.fields.instant_fields
import backoffice.records.fields.json_fields
import backoffice.records.fields.text_fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from backoffice.conversations.first_messages import add_first_messages


def add_first_messages_of_complaints(apps, schema_editor):
    complaint, message = "facility.Complaint", "facility.ComplaintMessage"
    add_first_messages(apps, complaint, message, "note", "comment")
    add_first_messages(apps, complaint, message, "answer", "response")


class Migration(migrations.Migration):

    dependencies = [
        ('facility', '0001_v1'),
        ('people', '0001_v1'),
        ('records', '0001_v1'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ComplaintMessage',
            fields=[
                ('id', backoffice.records.fields.text_fields.ObjectIdField(db_column='_id', default=backoffice.db.object_ids.new_object_id, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveIntegerField(default=0, editable=False)),
                ('kind', models.CharField(editable=False, max_length=10)),
                ('text', backoffice.records.fields.text_fields.ParagraphField(default='', verbose_name='text')),
                ('date', backoffice.records.fields.instant_fields.InstantField(blank=True, default=None, null=True, verbose_name='date')),
                ('author_name', backoffice.records.fields.text_fields.LineField(blank=True, default='', max_length=255, verbose_name="author's name")),
                ('files', backoffice.records.fields.json_fields.TextListField(blank=True, default=list, verbose_name='files')),
                ('edited_at', backoffice.records.fields.instant_fields.InstantField(blank=True, default=None, editable=False, null=True, verbose_name='edited on')),
                ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='author')),
                ('record', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='facility.complaint')),
            ],
            options={
                'verbose_name': 'message of a complaint',
                'verbose_name_plural': 'messages of complaints',
                'ordering': ['position'],
                'abstract': False,
            },
        ),
        migrations.RunPython(add_first_messages_of_complaints, migrations.RunPython.noop),
    ]
