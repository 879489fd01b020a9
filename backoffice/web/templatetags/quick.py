"""Template tags for the quick-edit menus and the badges in the header of the record page."""

from django import template

from backoffice.web.views.quick_edit import QuickMenu, build_menu
from backoffice.web.viewsets import ListColumn

register = template.Library()


@register.simple_tag(takes_context=True)
def quick_menus(context, viewset, record) -> list[tuple[QuickMenu, ListColumn | None]]:
    """Return a menu for each quick property that the user may change, with the column of its badge, if it has one."""
    user, form = context["request"].user, context.get("form")
    choices = form.choices if form else None
    names = [name for name in viewset.quick_properties if name != viewset.quick_action_column]
    menus = [menu for name in names if (menu := build_menu(viewset, record, name, user, choices))]
    badges = {column.name: column for column in viewset.badge_columns}
    return [(menu, badges.get(menu.name)) for menu in menus]


@register.simple_tag
def badges_without_menu(viewset, menus) -> list[ListColumn]:
    """Return the columns of the badges that no menu shows."""
    shown = [badge for _menu, badge in menus]
    return [column for column in viewset.badge_columns if column not in shown]
