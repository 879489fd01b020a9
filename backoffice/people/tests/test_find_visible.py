"""Finding one record by id gives the same result as filtering all visible records."""

import pytest
from django.apps import apps

from backoffice.mail.tests.factories import MailSenderFactory, MailTemplateFactory
from backoffice.people.models import ApiKey
from backoffice.people.tests.factories import ApiKeyFactory, UserFactory
from backoffice.records.actors import Installation
from backoffice.records.models import Entity
from backoffice.workplace.tests.factories import CannedAnswerFactory

MODELS = [model for model in apps.get_models() if issubclass(model, Entity)]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_find_visible_equals_visible_to(model, cast, records):
    gone = UserFactory(company=cast.company, is_active=False)
    people = [*(person for person in vars(cast).values() if hasattr(person, "username")), gone]
    for factory in (CannedAnswerFactory, MailTemplateFactory, MailSenderFactory):
        factory(company=cast.company)
    for person in people[:6]:
        ApiKeyFactory(owner=person.pk, company=person.company)
    keys = [ApiKey.objects.get(pk=key.pk) for key in ApiKey.objects.all()]
    ids = list(model._base_manager.values_list("pk", flat=True))
    assert ids
    seen = set()
    for actor in (*people, *keys, Installation()):
        visible = set(model.objects.visible_to(actor).values_list("pk", flat=True))
        found = {pk for pk in ids if actor.find_visible(model, pk) is not None}
        assert found == visible
        assert all(actor.find_visible(model, pk).pk == pk for pk in found)
        assert actor.find_visible(model, "0" * 24) is None
        seen.add(frozenset(found))
    assert len(seen) > 1
