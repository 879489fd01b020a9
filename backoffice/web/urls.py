"""The addresses that belong to no desk: home, search, signing in, one's account."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from backoffice.web import auth, preferences, search

app_name = "web"
urlpatterns = [
    path("", auth.Home.as_view(), name="home"),
    path("search", search.Search.as_view(), name="search"),
    path("sign-in", auth.SignIn.as_view(), name="sign_in"),
    path("sign-out", LogoutView.as_view(), name="sign_out"),
    path("password-reset", auth.PasswordReset.as_view(), name="password_reset"),
    path("password-reset/sent", auth.PasswordResetSent.as_view(), name="password_reset_sent"),
    path("password-reset/done", auth.PasswordResetDone.as_view(), name="password_reset_done"),
    path(
        "password-reset/<uidb64>/<token>", auth.PasswordResetConfirm.as_view(), name="password_reset_confirm"
    ),
    path("account", auth.Account.as_view(), name="account"),
    path("account/preferences", preferences.PreferencesPage.as_view(), name="preferences"),
    path("keys", preferences.KeysPage.as_view(), name="keys"),
    path("account/password", auth.PasswordChange.as_view(), name="password_change"),
]
