"""URL patterns that belong to no app: home, search, sign-in, account, bulk edits."""

from django.urls import path
from django.views.generic import TemplateView

from backoffice.web import (
    converters,  # noqa: F401 (registers `objectid`)
    language,
    preserved_forms,
)
from backoffice.web.views import (
    access_log,
    auth,
    autocomplete,
    bulk_edits,
    home,
    manifest,
    notifications,
    preferences,
    search,
    second_factor,
)

app_name = "web"
urlpatterns = [
    path("", home.HomeView.as_view(), name="home"),
    path("manifest.webmanifest", manifest.serve_manifest, name="manifest"),
    path("favicon.ico", manifest.redirect_favicon, name="favicon"),
    path("seen", home.SeenView.as_view(), name="seen"),
    path("bulk", bulk_edits.BulkEditsView.as_view(), name="bulk_edits"),
    path("bulk/<objectid:pk>", bulk_edits.BulkEditView.as_view(), name="bulk_edit"),
    path("bulk/<objectid:pk>/preview", bulk_edits.BulkEditPreviewView.as_view(), name="bulk_edit_preview"),
    path("bulk/<objectid:pk>/<slug:name>", bulk_edits.BulkEditActionView.as_view(), name="bulk_edit_action"),
    path("search", search.SearchView.as_view(), name="search"),
    path("choices/<str:model>", autocomplete.AutocompleteView.as_view(), name="autocomplete"),
    path(
        "choices/<str:model>/<slug:name>",
        autocomplete.FilterAutocompleteView.as_view(),
        name="filter_autocomplete",
    ),
    path("secrets-read", access_log.AccessLogView.as_view(), name="access_log"),
    path("sign-in", auth.SignInView.as_view(), name="sign_in"),
    path("sign-in/code", second_factor.SignInCodeView.as_view(), name="sign_in_code"),
    path("sign-out", auth.SignOutView.as_view(), name="sign_out"),
    path("account/sign-out", auth.SignOutEverywhereView.as_view(), name="sign_out_everywhere"),
    path("password-reset", auth.PasswordResetView.as_view(), name="password_reset"),
    path(
        "password-reset/sent",
        TemplateView.as_view(template_name="web/account/reset_sent.html"),
        name="password_reset_sent",
    ),
    path(
        "password-reset/done",
        TemplateView.as_view(template_name="web/account/reset_done.html"),
        name="password_reset_done",
    ),
    path(
        "password-reset/<uidb64>/<token>",
        auth.PasswordResetConfirmView.as_view(),
        name="password_reset_confirm",
    ),
    path("invitation/<uidb64>/<token>", auth.InvitationView.as_view(), name="invitation"),
    path("notifications", notifications.NotificationsView.as_view(), name="notifications"),
    path("restore", preserved_forms.restore_form, name="restore_form"),
    path("language", language.choose_language, name="language"),
    path("account", auth.AccountView.as_view(), name="account"),
    path("account/sessions", auth.SessionsView.as_view(), name="sessions"),
    path("account/second-factor", second_factor.SecondFactorView.as_view(), name="second_factor"),
    path("account/confirm", second_factor.ReauthenticationView.as_view(), name="reauthenticate"),
    path("account/preferences", preferences.PreferencesView.as_view(), name="preferences"),
    path("keys", preferences.ShortcutsView.as_view(), name="shortcuts"),
    path("account/password", auth.PasswordChangeView.as_view(), name="password_change"),
]
