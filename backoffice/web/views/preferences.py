"""Preferences of the user, and the page of keyboard shortcuts."""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from backoffice.lists.saved_views import default_views, update_list_settings
from backoffice.notifications.events import EVENTS_BY_NAME, Choice
from backoffice.notifications.services import choices_of, choose
from backoffice.web.language import language_of, set_language_cookie
from backoffice.web.mixins import SignedInView
from backoffice.web.viewsets import viewsets_visible_to
from backoffice.workplace.models import Preferences

OPENS = "opens-"
"""The prefix of the fields that choose the default view of a list."""
EVENT_PREFIX = "event-"
"""The prefix of the fields that choose how to be notified of an event."""


class PreferencesForm(forms.ModelForm):
    """The preferences of one user, with a field for the default view of each list that has saved views."""

    class Meta:
        model = Preferences
        fields = ("theme", "density", "language", "keys")
        widgets = dict.fromkeys(("theme", "density", "language"), forms.RadioSelect)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, instance=Preferences.for_user(user), **kwargs)
        self.user = user
        # Each language in its own name, so that users can find theirs on a page that they cannot read.
        names = [(code, translation.get_language_info(code)["name_local"].capitalize())
                 for code, _name in Preferences._meta.get_field("language").choices]  # fmt: skip
        self.fields["language"].choices = [("", _("Match browser")), *names]
        choices = [each for each in Choice.choices if each[0] != Choice.DAILY or not user.customer_id]
        for name, choice in choices_of(user).items():
            self.fields[f"{EVENT_PREFIX}{name}"] = forms.ChoiceField(
                label=EVENTS_BY_NAME[name].label,
                choices=choices,
                initial=choice,
                required=False,
                widget=forms.Select(attrs={"class": "form-select"}),
            )
        viewsets = {viewset.model: viewset for viewset in viewsets_visible_to(user)}
        self.views = {}
        for model, (views, default) in default_views(user, list(viewsets)).items():
            name = f"{OPENS}{viewsets[model].slug}"
            self.views[name] = (model, {view.pk: view for view in views}, default)
            self.fields[name] = forms.ChoiceField(
                label=viewsets[model].label,
                choices=[("", _("All")), *((view.pk, view.name) for view in views)],
                initial=default or "",
                required=False,
                widget=forms.Select(attrs={"class": "form-select"}),
            )

    @property
    def appearance_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("theme", "density", "language")]

    @property
    def default_view_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.views]

    @property
    def notification_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(EVENT_PREFIX)]

    def save(self) -> None:
        choose(
            self.user,
            {
                name.removeprefix(EVENT_PREFIX): choice
                for name, choice in self.cleaned_data.items()
                if name.startswith(EVENT_PREFIX) and choice
            },
        )
        values = {name: self.cleaned_data[name] for name in self.Meta.fields}
        Preferences.objects.update_or_create(user_id=self.user.pk, defaults=values)
        for name, (model, views, default) in self.views.items():
            chosen = self.cleaned_data[name] or None
            if name in self.data and chosen != default:
                update_list_settings(self.user, model, default_view=views.get(chosen))


class PreferencesView(SignedInView):
    """The page of the user's own preferences: colours, density, language, lists and keyboard shortcuts."""

    def get(self, request):
        return self.page(PreferencesForm(user=request.user))

    def post(self, request):
        form = PreferencesForm(request.POST, user=request.user)
        if not form.is_valid():
            return self.page(form)
        form.save()
        response, language = redirect("web:preferences"), form.cleaned_data["language"]
        if "language" in form.changed_data:
            set_language_cookie(response, language)
        with translation.override(language or language_of(request)):
            messages.success(request, str(_("Preferences saved.")))
        return response

    def page(self, form):
        return render(self.request, "web/account/preferences.html", {"form": form})


class ShortcutsView(SignedInView, TemplateView):
    """The keyboard shortcuts as a page, for use without JavaScript."""

    template_name = "web/account/shortcuts.html"
