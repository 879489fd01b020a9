"""Messages of conversations, and the first ones of the texts that exist."""

import backoffice.db.object_ids
import backoffice.records.fields.instant_fields
import backoffice.records.fields.json_fields
import backoffice.records.fields.text_fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from backoffice.conversations.first_messages import add_first_messages


def add_first_messages_of_cases(apps, schema_editor):
    case, message = "supportdesk.SupportCase", "supportdesk.CaseMessage"
    add_first_messages(apps, case, message, "note", "private_information")
    add_first_messages(
        apps, case, message, "answer", "response_answer", sender="response_author", date="response_date",
        author_id="response_employee_id", author_name="response_employee_name",
    )


class Migration(migrations.Migration):

    dependencies = [
        ('supportdesk', '0009_assignees'),
        ('people', '0001_v1'),
        ('records', '0001_v1'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='supportcase',
            options={'ordering': ['-number', 'id'], 'permissions': [('administer_supportcase', 'Can answer and change support cases (ADMIN)'), ('comment_supportcase', 'Can comment on support cases and reopen them')], 'verbose_name': 'support case', 'verbose_name_plural': 'support cases'},
        ),
        migrations.AddField(
            model_name='comment',
            name='edited_at',
            field=backoffice.records.fields.instant_fields.InstantField(blank=True, default=None, editable=False, null=True, verbose_name='edited on'),
        ),
        migrations.CreateModel(
            name='CaseMessage',
            fields=[
                ('id', backoffice.records.fields.text_fields.ObjectIdField(db_column='_id', default=backoffice.db.object_ids.new_object_id, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveIntegerField(default=0, editable=False)),
                ('kind', models.CharField(editable=False, max_length=10)),
                ('text', backoffice.records.fields.text_fields.ParagraphField(default='', verbose_name='text')),
                ('date', backoffice.records.fields.instant_fields.InstantField(blank=True, default=None, null=True, verbose_name='date')),
                ('author_name', backoffice.records.fields.text_fields.LineField(blank=True, default='', max_length=255, verbose_name="author's name")),
                ('files', backoffice.records.fields.json_fields.TextListField(blank=True, default=list, verbose_name='files')),
                ('edited_at', backoffice.records.fields.instant_fields.InstantField(blank=True, default=None, editable=False, null=True, verbose_name='edited on')),
                ('sender', backoffice.records.fields.text_fields.LineField(blank=True, default='', max_length=255, verbose_name='sender name')),
                ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='author')),
                ('record', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='supportdesk.supportcase')),
            ],
            options={
                'verbose_name': 'message of a case',
                'verbose_name_plural': 'messages of cases',
                'ordering': ['position'],
                'abstract': False,
            },
        ),
        migrations.RunPython(add_first_messages_of_cases, migrations.RunPython.noop),
    ]
