"""The default order of lists uses an index."""

import pytest
from django.db import connection

from config.api import FACILITY, SUPPORT_DESK
from tests.support.derived_records import DERIVED

LISTED = {
    operation.handler.__self__.document.model
    for interface in (FACILITY, SUPPORT_DESK)
    for operation in interface.operations
    if operation.id.startswith("list") and hasattr(getattr(operation.handler, "__self__", None), "listing")
}
MODELS = sorted((model for model in LISTED if hasattr(model, "number")), key=lambda model: model.__name__)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's plans")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_page_of_a_list_is_read_by_an_index(model, cast):
    for actor in (cast.ada, cast.root):
        plan = model.objects.visible_to(actor).order_by("id")[:100].explain()
        assert "TEMP B-TREE" not in plan, (actor, plan)


def test_every_numbered_record_type_is_tested():
    assert {model.__name__ for model in MODELS} == {
        "Article", "Complaint", "Contact", "Customer", "CustomerObject", "SupportCase",
        *(model.__name__ for model in DERIVED),
    }  # fmt: skip
