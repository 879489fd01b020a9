"""The addresses that belong to no desk: home, search, signing in, one's account."""

from django.urls import path

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
    preferences,
    search,
    second_factor,
)

app_name = "web"
urlpatterns = [
    path("", home.Home.as_view(), name="home"),
    path("manifest.webmanifest", manifest.serve_manifest, name="manifest"),
    path("favicon.ico", manifest.redirect_favicon, name="favicon"),
    path("seen", home.Seen.as_view(), name="seen"),
    path("bulk", bulk_edits.Jobs.as_view(), name="jobs"),
    path("bulk/<objectid:pk>", bulk_edits.JobPage.as_view(), name="job"),
    path("bulk/<objectid:pk>/preview", bulk_edits.JobPreview.as_view(), name="job_preview"),
    path("bulk/<objectid:pk>/<slug:name>", bulk_edits.JobAct.as_view(), name="job_act"),
    path("search", search.Search.as_view(), name="search"),
    path("choices/<str:model>", autocomplete.Offers.as_view(), name="offers"),
    path("choices/<str:model>/<slug:name>", autocomplete.OffersOfFilter.as_view(), name="offers_of_filter"),
    path("secrets-read", access_log.Readings.as_view(), name="readings"),
    path("sign-in", auth.SignIn.as_view(), name="sign_in"),
    path("sign-in/code", second_factor.SignInCode.as_view(), name="sign_in_code"),
    path("sign-out", auth.SignOut.as_view(), name="sign_out"),
    path("account/sign-out", auth.SignOutEverywhere.as_view(), name="sign_out_everywhere"),
    path("password-reset", auth.PasswordReset.as_view(), name="password_reset"),
    path("password-reset/sent", auth.PasswordResetSent.as_view(), name="password_reset_sent"),
    path("password-reset/done", auth.PasswordResetDone.as_view(), name="password_reset_done"),
    path(
        "password-reset/<uidb64>/<token>", auth.PasswordResetConfirm.as_view(), name="password_reset_confirm"
    ),
    path("restore", preserved_forms.restore_form, name="restore_form"),
    path("language", language.choose_language, name="language"),
    path("account", auth.Account.as_view(), name="account"),
    path("account/sessions", auth.Sessions.as_view(), name="sessions"),
    path("account/second-factor", second_factor.SecondFactor.as_view(), name="second_factor"),
    path("account/confirm", second_factor.PasswordAgain.as_view(), name="password_again"),
    path("account/preferences", preferences.PreferencesPage.as_view(), name="preferences"),
    path("keys", preferences.KeysPage.as_view(), name="keys"),
    path("account/password", auth.PasswordChange.as_view(), name="password_change"),
]
