"""Template tag for the quick-edit menus in the header of the record page."""

from django import template

from backoffice.web.views.quick_edit import build_menu

register = template.Library()


@register.inclusion_tag("web/components/quick_actions.html", takes_context=True)
def quick_actions(context, viewset, record):
    """Render a menu for each quick property that the user may change. The menus return to the current
    page."""
    request, form = context["request"], context.get("form")
    choices = form.choices if form else None
    names = [name for name in viewset.quick_properties if name != viewset.quick_action_column]
    menus = [menu for name in names if (menu := build_menu(viewset, record, name, request.user, choices))]
    return {
        "menus": menus,
        "viewset": viewset,
        "record": record,
        "next": request.get_full_path(),
        "csrf_token": context.get("csrf_token"),
        "request": request,
    }
