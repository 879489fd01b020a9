"""Security codes and keys are encrypted from here on. The columns stay what they are, text; what is in them is made
into tokens, and back into JSON on the way back."""

import json

from django.db import migrations

import backoffice.records.fields.encryption as encryption

NAMES = ("security_code", "key")
TOKEN_BEGINS = "gAAAA"  # as no JSON text does


def encrypt(apps, schema_editor):
    model = apps.get_model("facility", "CustomerObject")
    rewrite(model, schema_editor, lambda pk, name, text: (
        text if text.startswith(TOKEN_BEGINS) else encryption.encrypt_value(json.loads(text), model, pk, name)
    ))


def decrypt(apps, schema_editor):
    model = apps.get_model("facility", "CustomerObject")

    def opened(pk, name, text):
        if not text.startswith(TOKEN_BEGINS):
            return text
        value = encryption.decrypt_value(text, model, pk, name)
        if encryption.is_unreadable(value):
            raise ValueError(f"“{name}” of object {pk} cannot be read: the key it was encrypted with is missing.")
        return encryption.SealedValue(json.dumps(value, ensure_ascii=False, separators=(",", ":")))

    rewrite(model, schema_editor, opened)


def rewrite(model, schema_editor, made):
    """Some rows at a time; run again after it was stopped in the middle, it goes on with what is left."""
    rows = model._base_manager.using(schema_editor.connection.alias)
    for name in NAMES:
        for pk, text in encryption.iterate_tokens(model, model._meta.get_field(name), rows):
            new = made(pk, name, text)
            if new != text:
                rows.filter(pk=pk).update(**{name: new})


class Migration(migrations.Migration):
    dependencies = [("facility", "0002_roles")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    "customerobject",
                    "security_code",
                    encryption.EncryptedAnyField(blank=True, default=None, null=True, verbose_name="security code"),
                ),
                migrations.AlterField(
                    "customerobject",
                    "key",
                    encryption.EncryptedAnyField(blank=True, default=None, null=True, verbose_name="key"),
                ),
            ]
        ),
        migrations.RunPython(encrypt, decrypt),
    ]
