"""Games about privilege escalation: strategies for users, keys and changes, and the check of everyone's reach."""

from contextlib import suppress
from types import SimpleNamespace

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import strategies as st

from backoffice.bulk.edits import PropertyEdit
from backoffice.bulk.services import prepare, start
from backoffice.jobs.runner import run_due
from backoffice.people import roles
from backoffice.people.models import ApiKey, User
from backoffice.people.models.keys import SCOPES
from backoffice.people.tests.factories import ApiKeyFactory, CustomerFactory, UserFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.exceptions import Conflict, Forbidden
from backoffice.records.fields import now
from backoffice.records.history import history_of
from backoffice.records.models import Entity
from backoffice.records.services import undo
from facility.tests.factories import ComplaintFactory, CustomerObjectFactory
from supportdesk.tests.factories import SupportCaseFactory

REFUSED = (ValidationError, Forbidden, Conflict)
ABOUT_PEOPLE = [
    "people.view_user", "people.add_user", "people.change_user", "people.delete_user", "people.view_customer",
    "people.view_apikey", "people.add_apikey", "people.change_apikey", "people.manage_apikeys",
    "people.appoint_superusers", "people.enter_admin",
]  # fmt: skip
OTHERS = [
    "facility.view_complaint", "facility.change_complaint", "facility.view_customerobject",
    "facility.view_object_secrets", "supportdesk.view_supportcase", "supportdesk.add_supportcase",
    "supportdesk.administer_supportcase", "people.view_contact", "people.change_customer", "records.view_history",
]  # fmt: skip
ENTITIES = [model for model in apps.get_models() if issubclass(model, Entity)]
ACTIONS = ("view", "add", "change", "delete")


def reach(actor) -> set[tuple]:
    """Return what an actor sees, which records they may change, and which permissions they have."""
    found = set()
    areas = {scope for scope in SCOPES if scope.endswith(":write")}
    held = actor.owner.get_all_permissions() if isinstance(actor, ApiKey) else actor.get_all_permissions()
    if isinstance(actor, ApiKey):
        held = {each for each in held if f"{each.partition('.')[0]}:write" in areas & set(actor.scopes)}
    found |= {("right", each) for each in held}
    for model in ENTITIES:
        label = model._meta.label_lower
        found |= {("do", action, label) for action in ACTIONS if actor.may(action, model)}
        found |= {("property", label, name) for name, prop in model.properties.items()
                  if prop.guard and actor.may("view", model) and actor.may("view", model, name)}  # fmt: skip
        if actor.may("view", model):
            visible = model.objects.visible_to(actor)
            found |= {("see", label, pk) for pk in visible.values_list("pk", flat=True)}
    return found


def reload(model, pk):
    """Load a record as a new request would, without cached rights."""
    return model._base_manager.filter(pk=pk).first()


def all_reaches() -> dict[str, set]:
    """Return the reach of every user and key, by id."""
    people = {pk: reach(reload(User, pk)) for pk in User._base_manager.values_list("pk", flat=True)}
    keys = {pk: reach(reload(ApiKey, pk)) for pk in ApiKey._base_manager.values_list("pk", flat=True)}
    return people | keys


def dormant_reach(user: User) -> set:
    """Return the reach that a deactivated user would have if reactivated."""
    awake = reload(User, user.pk)
    awake.is_active = True
    return reach(awake)


def make_resellers(cast) -> SimpleNamespace:
    """Create two resellers with a customer, an object, a complaint and a case each, besides the other
    company."""
    other = CustomerFactory(company=cast.company, name="Another reseller")
    brought = CustomerFactory(company=cast.company, name="Brought by it", parent_reseller=other.pk)
    place = CustomerObjectFactory(company=cast.company, customer=brought.pk)
    ComplaintFactory(company=cast.company, object=place.pk)
    SupportCaseFactory(company=cast.company, customer=brought.pk)
    return SimpleNamespace(
        cast=cast,
        customers=[None, cast.reseller.pk, other.pk, cast.resold.pk],
        foreign=CustomerFactory(company=cast.elsewhere).pk,
        permissions={
            f"{each.content_type.app_label}.{each.codename}": each
            for each in Permission.objects.select_related("content_type")
        },
    )


def one_or_two_of(**values):
    """Return a strategy for one or two of these properties: with many, nearly every change would be
    refused."""
    pairs = st.one_of([st.tuples(st.just(name), value) for name, value in values.items()])
    return st.lists(pairs, min_size=1, max_size=2, unique_by=lambda pair: pair[0]).map(dict)


customers = st.sampled_from([0, 0, 1, 1, 1, 2, 3])
scopes = st.sets(st.sampled_from(sorted(SCOPES)), min_size=1).map(sorted)
people_drawn = st.lists(
    st.tuples(
        st.sets(st.sampled_from([*ABOUT_PEOPLE, *OTHERS]), max_size=3),
        st.sampled_from(
            [(), (), (roles.VIEWER,), (roles.RESELLER,), (roles.FACILITY_STAFF,), (roles.ADMINISTRATOR,)]
        ),
        customers,
        st.booleans(),
        st.sampled_from([False] * 5 + [True]),
    ),
    min_size=2,
    max_size=3,
)
actor_drawn = st.tuples(
    st.sets(st.sampled_from(ABOUT_PEOPLE), max_size=1),
    st.sets(st.sampled_from(OTHERS), min_size=3),
    st.sampled_from([(), (roles.ADMINISTRATOR,), (roles.ADMINISTRATOR,), (roles.VIEWER,)]),
    customers,
    st.sampled_from([False] * 9 + [True]),
    st.one_of(st.none(), scopes),
)
CHANNELS = ("service", "browser", "admin", "bulk", "undo", "import")
user_steps = st.tuples(
    st.just("user"),
    st.sampled_from(CHANNELS),
    st.integers(0, 4),
    one_or_two_of(
        customer=st.integers(0, 4),
        roles=st.lists(st.integers(0, 7), max_size=2, unique=True),
        is_active=st.booleans(),
        is_superuser=st.booleans(),
        password=st.just("another hash"),
        email=st.just("mine@example.com"),
        status=st.sampled_from([1, 2]),
    ),
)
key_steps = st.tuples(
    st.just("key"),
    st.sampled_from(("service", "browser", "admin", "json", "undo", "rotate")),
    st.integers(0, 4),
    one_or_two_of(
        owner=st.integers(0, 4), scopes=scopes, name=st.just("renamed"), status=st.sampled_from([1, 2])
    ),
)
steps_drawn = st.lists(st.one_of(user_steps, key_steps), min_size=1, max_size=4)


class World:
    """One game: users, keys, the actor, and the steps they try."""

    def __init__(self, furnished, actor, people):
        self.furnished, company = furnished, furnished.cast.company
        missing, more, held, customer, superuser, key_scopes = actor
        self.groups = []
        self.actor_user = self.make_user(
            {*ABOUT_PEOPLE, *more} - missing, held, customer, active=True, superuser=superuser
        )
        self.key = (
            ApiKeyFactory(owner=self.actor_user.pk, company=company, scopes=key_scopes)
            if key_scopes
            else None
        )
        self.others = [self.make_user(*each) for each in people]
        self.people = [self.actor_user, *self.others, furnished.cast.charlie]
        self.keys = [
            ApiKeyFactory(owner=person.pk, company=company, scopes=sorted(SCOPES)[number::2])
            for number, person in enumerate([self.actor_user, *self.others[:1]])
        ]

    def make_user(self, permissions, held, customer, active, superuser):
        group = Group.objects.create(name=f"Group {len(self.groups)}")
        known = self.furnished.permissions
        group.permissions.set(known.values() if "*" in permissions else [known[each] for each in permissions])
        self.groups.append(group.name)
        return UserFactory(
            company=self.furnished.cast.company, roles=sorted([*held, group.name]), password="hash", is_active=active,
            is_superuser=superuser, customer=self.furnished.customers[customer],
        )  # fmt: skip

    @property
    def actor(self):
        """The actor, as a new request loads them."""
        return reload(ApiKey, self.key.pk) if self.key else reload(User, self.actor_user.pk)

    def values_of(self, drawn: dict) -> dict:
        """Replace drawn positions by ids and names."""
        values = dict(drawn)
        if "customer" in values:
            values["customer"] = [*self.furnished.customers, self.furnished.foreign][values["customer"]]
        if "roles" in values:
            names = [*roles.ROLES, *self.groups]
            values["roles"] = sorted({names[place % len(names)] for place in values["roles"]})
        if "owner" in values:
            values["owner"] = self.people[values["owner"] % len(self.people)].pk
        return values

    def take(self, step) -> None:
        """Try one step."""
        what, channel, place, drawn = step
        model, known = (User, self.people) if what == "user" else (ApiKey, self.keys)
        target = reload(model, known[place].pk) if place < len(known) else None
        found = target is None or model.objects.visible_to(self.actor).filter(pk=target.pk).exists()
        if not found and channel != "service":
            return  # other channels do not find the record
        with suppress(*REFUSED):
            getattr(self, f"by_{channel}")(model, target, self.values_of(drawn))

    def by_service(self, model, target, values):
        actor, context = self.actor, ChangeContext(Channel.JSON)
        if target is None:
            new = (
                {"username": f"new{User._base_manager.count()}", "email": "new@example.com"}
                if model is User
                else {"name": "new", "owner": self.actor_user.pk, "scopes": ["people:read"]}
            )
            services.create(model, new | values, actor=actor, context=context)
        elif model.objects.visible_to(actor).filter(pk=target.pk).exists():
            services.update(target, values, actor=actor, context=context)

    def by_import(self, model, target, values):
        if target is not None:
            self.by_service(model, target, values)
            return
        provenance = services.Provenance(now(), self.actor_user.pk, now(), self.actor_user.pk)
        new = {"username": f"imported{User._base_manager.count()}", "email": "new@example.com"}
        services.create(
            User,
            new | values,
            actor=self.actor,
            context=ChangeContext(Channel.COMMAND),
            provenance=provenance,
            company_id=self.actor.company_id,
        )

    def by_undo(self, model, target, values):
        """The installation changes a record and changes it back; the actor undoes the second change."""
        if target is None:
            return
        own, context = Installation(target.company_id), ChangeContext(Channel.COMMAND)
        before = {name: target.properties[name].read(target) for name in values}
        with suppress(*REFUSED):
            there = services.update(target, values, actor=own, context=context).record
            row = history_of(there).first()
            services.update(there, before, actor=own, context=context)
            self.before = all_reaches()
            undo(
                reload(model, target.pk),
                history_of(there).first(),
                actor=self.actor,
                context=ChangeContext(Channel.BROWSER),
            )
            assert row is not None

    def by_rotate(self, model, target, values):
        if target is not None:
            services.update(
                target, {}, actor=self.actor, context=ChangeContext(Channel.JSON), action="rotate"
            )

    def by_bulk(self, model, target, values):
        if self.key or target is None:
            return
        edits = [
            PropertyEdit(name, "set", value)
            for name, value in values.items()
            if name not in ("password", "email")
        ]
        job = prepare(User.objects.visible_to(self.actor).filter(pk=target.pk), self.actor, edits=edits)
        if job and start(job):
            run_due()

    def by_browser(self, model, target, values):
        slug = "users" if model is User else "api-keys"
        self.send(f"/{slug}/{target.pk if target else 'new'}", model, target, values)

    def by_admin(self, model, target, values):
        address = f"/admin/people/{model._meta.model_name}/"
        self.send(f"{address}{target.pk}/change/" if target else f"{address}add/", model, target, values)

    def send(self, address, model, target, values):
        if self.key:
            return
        client = Client(raise_request_exception=True)
        client.force_login(reload(User, self.actor_user.pk))
        new = (
            {"username": f"sent{User._base_manager.count()}", "is_active": True}
            if model is User
            else {"name": "sent", "owner": self.actor_user.pk, "scopes": ["people:read"]}
        )
        names = (
            ("username", "email", "is_active", "roles", "customer", "is_superuser", "status")
            if model is User
            else ("name", "owner", "scopes", "status")
        )
        present = {name: target.properties[name].read(target) for name in names} if target else new
        sent = {
            name: value
            for name, value in (present | values).items()
            if value not in (None, False) and name != "password"
        }
        client.post(address, sent | ({"version": target.version} if target else {}))

    def by_json(self, model, target, values):
        if not self.key:
            return
        secret = services.update(
            reload(ApiKey, self.key.pk),
            {},
            actor=Installation(self.key.company_id),
            context=ChangeContext(Channel.COMMAND),
            action="rotate",
        ).record.secret
        client, headers = Client(), {"x-api-key": secret}
        if target is None:
            body = {"name": "over json", "scopes": values.get("scopes", ["people:read"])}
            body |= {"ownerId": values["owner"]} if "owner" in values else {}
            client.post("/v2/apiKeys", body, content_type="application/json", headers=headers)
        elif target.pk != self.key.pk:
            client.patch(f"/v2/apiKeys/{target.pk}", {}, content_type="application/json", headers=headers)


def play_game(furnished, actor, people, steps, tell=lambda text: None):
    """Play one game, and check the reach after each step."""
    world = World(furnished, actor, people)
    for step in steps:
        world.before = all_reaches()
        versions = {
            pk: version
            for model in (User, ApiKey)
            for pk, version in model._base_manager.values_list("pk", "version")
        }
        dormant = {person.pk: dormant_reach(person) for person in world.people}
        secrets = dict(ApiKey._base_manager.values_list("pk", "digest"))
        me = reach(world.actor)
        old = {seen for everybody in world.before.values() for seen in everybody}
        world.take(step)
        made = [
            pk
            for model in (User, ApiKey)
            for pk, version in model._base_manager.values_list("pk", "version")
            if versions.get(pk) != version
        ]
        tell(f"{step[0]} by {step[1]}: {'something' if made else 'nothing'} came of it")
        for pk, after in all_reaches().items():
            new = {
                each for each in after if each[0] != "see" or each in old
            }  # records created just now are not secret
            beyond = new - me - world.before.get(pk, set())
            assert not beyond, (step, pk, sorted(beyond)[:5])
        if step[1] == "undo":
            continue
        for pk in set(made) & dormant.keys() - {world.actor_user.pk}:
            assert dormant[pk] <= me, (step, sorted(dormant[pk] - me)[:5])
        for pk, digest in ApiKey._base_manager.values_list("pk", "digest"):
            if secrets.get(pk) != digest and (world.key is None or pk != world.key.pk):
                assert reach(reload(ApiKey, pk)) <= me | {
                    each for each in reach(reload(ApiKey, pk)) if each not in old
                }
