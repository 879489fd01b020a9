"""How somebody likes their pages; and the page of the keys."""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from backoffice.web.access import SignedIn
from backoffice.workplace.models import Preferences


class PreferencesForm(forms.ModelForm):
    class Meta:
        model = Preferences
        fields = ("theme", "density", "keys")
        widgets = {"theme": forms.RadioSelect, "density": forms.RadioSelect}


class PreferencesPage(SignedIn):
    """Colours, density, keys: of whoever looks, and of nobody else."""

    def get(self, request):
        form = PreferencesForm(instance=Preferences.of(request.user))
        return render(request, "web/preferences.html", {"form": form})

    def post(self, request):
        form = PreferencesForm(request.POST, instance=Preferences.of(request.user))
        if not form.is_valid():
            return render(request, "web/preferences.html", {"form": form})
        Preferences.objects.update_or_create(user_id=request.user.pk, defaults=form.cleaned_data)
        messages.success(request, _("Saved. This is how it looks now."))
        return redirect("web:preferences")


class KeysPage(SignedIn):
    """The keys on a page of their own, for who has no script."""

    def get(self, request):
        return render(request, "web/keys.html")
