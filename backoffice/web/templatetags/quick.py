"""The menus at a record's head in which one thing is set by one choice."""

from django import template

from backoffice.web.views.quick_edit import menu_of

register = template.Library()


@register.inclusion_tag("web/components/quick_actions.html", takes_context=True)
def quick_actions(context, kind, record):
    """A menu for each quick property that whoever looks may set; nothing for who may only look. `next` in the page's
    context says where to go on."""
    request, form = context["request"], context.get("form")
    choices = form.choices if form else None
    names = [name for name in kind.quick if name != kind.quick_state]
    menus = [menu for name in names if (menu := menu_of(kind, record, name, request.user, choices))]
    return {
        "menus": menus,
        "kind": kind,
        "record": record,
        "next": request.get_full_path(),
        "csrf_token": context.get("csrf_token"),
        "request": request,
    }
