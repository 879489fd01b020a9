from unicodedata import normalize

from django.db import migrations

LONGEST = 60


def folded(name):
    return " ".join(normalize("NFKC", name).casefold().split())


def number_twins(apps, schema_editor):
    """Of a person's views of a list with the same name, the first keeps it; the others get a number behind it."""
    views = apps.get_model("lists", "SavedView").objects.using(schema_editor.connection.alias)
    taken = {}
    found = views.order_by("created_at", "id").values_list("id", "owner_id", "record_type", "name")
    rows = list(found)
    for _id, owner, record_type, name in rows:
        taken.setdefault((owner, record_type), []).append(folded(name))
    seen = set()
    for pk, owner, record_type, name in rows:
        if (owner, record_type, folded(name)) not in seen:
            seen.add((owner, record_type, folded(name)))
            continue
        number = 2
        while folded(new := f"{name[: LONGEST - len(f' ({number})')]} ({number})") in taken[owner, record_type]:
            number += 1
        taken[owner, record_type].append(folded(new))
        views.filter(pk=pk).update(name=new)


class Migration(migrations.Migration):
    dependencies = [("lists", "0001_initial")]
    operations = [migrations.RunPython(number_twins, migrations.RunPython.noop)]
