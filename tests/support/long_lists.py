"""Records with long lists, as an import or an earlier version may have left them."""

from backoffice.people.tests.factories import ContactFactory
from backoffice.records.properties import ElementsProperty


def file(number: int) -> dict:
    return {"url": f"https://files.example.com/{number:04}.jpeg", "type": "IMAGE"}


def store_directly(record, **lists) -> None:
    """Write values to a record without the limits of an update."""
    columns = {}
    for name, value in lists.items():
        prop = record.properties[name]
        if not prop.many:
            columns[name] = value
        elif isinstance(prop, ElementsProperty):
            elements = [prop.blank() | element for element in value]
            prop.store(record, prop.read(record), elements)
        else:
            prop.store(record, prop.read(record), value)
    if columns:
        type(record)._base_manager.filter(pk=record.pk).update(**columns)


def fill_complaint(record, length: int) -> None:
    store_directly(
        record,
        tags=[f"tag {n:04}" for n in range(length)],
        images=[f"https://files.example.com/i{n:04}.jpeg" for n in range(length)],
        finish_images=[f"https://files.example.com/f{n:04}.jpeg" for n in range(length)],
        custom_fields={f"field {n:04}": f"value {n:04}" for n in range(length)},
    )


def fill_object(record, article, length: int) -> None:
    contact = ContactFactory(company=record.company, customer=record.customer_id)
    store_directly(
        record,
        tags=[f"tag {n:04}" for n in range(length)],
        contacts=[contact.pk] * length,
        invoice_cc_recipients=[contact.pk] * length,
        material=[{"article": article.pk, "budget": n} for n in range(length)],
    )


def fill_case(record, author, length: int) -> None:
    """Store comments, the newest with as many files as the case itself."""
    comments = [
        {"comment": f"comment {n:04}", "employee": author.pk, "employee_name": "Sven", "is_support": True}
        for n in range(length)
    ]
    comments[-1]["files"] = [type(record).comments.nested["files"].blank() | file(n) for n in range(length)]
    store_directly(record, files=[file(n) for n in range(length)], comments=comments)
