"""`{% csrf_token %}` for every form, including Django admin's: Django's token and the form's request key."""

from django import template
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html

from backoffice.accounts.request_keys import KEY_FIELD, issue_request_key

register = template.Library()


class FormTokensNode(CsrfTokenNode):
    """Renders both hidden fields."""

    def render(self, context):
        request = context.get("request")
        user = getattr(request, "user", None)
        token = super().render(context)
        if not token or user is None or not user.is_authenticated:
            return token
        key = issue_request_key(request)
        return token + format_html('<input type="hidden" name="{}" value="{}">', KEY_FIELD, key)


@register.tag
def csrf_token(parser, token):
    return FormTokensNode()
