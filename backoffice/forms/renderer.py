"""How Django's own inputs become HTML: as by its templates, but for the commonest of them without these. A form has
sixty inputs, and each would call two templates."""

from collections.abc import Callable

from django.forms.renderers import TemplatesSetting
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe


def _attributes(attrs: dict) -> str:
    found = []
    for name, value in attrs.items():
        if value is True:
            found.append(f" {conditional_escape(name)}")
        elif value is not False:
            found.append(f' {conditional_escape(name)}="{conditional_escape(str(value))}"')
    return "".join(found)


def _input(widget: dict) -> str:
    value = widget["value"]
    given = "" if value is None else f' value="{conditional_escape(str(value))}"'
    name = conditional_escape(widget["name"])
    return f'<input type="{widget["type"]}" name="{name}"{given}{_attributes(widget["attrs"])}>'


def _textarea(widget: dict) -> str:
    inside = conditional_escape(widget["value"] or "")
    name = conditional_escape(widget["name"])
    return f'<textarea name="{name}"{_attributes(widget["attrs"])}>\n{inside}</textarea>'


def _option(option: dict) -> str:
    value = conditional_escape(str(option["value"]))
    return f'<option value="{value}"{_attributes(option["attrs"])}>{conditional_escape(option["label"])}</option>'


def _select(widget: dict) -> str:
    parts = [f'<select name="{conditional_escape(widget["name"])}"{_attributes(widget["attrs"])}>']
    for group, options, _place in widget["optgroups"]:
        inside = "\n".join(map(_option, options))
        if group:
            inside = f'<optgroup label="{conditional_escape(group)}">\n{inside}\n</optgroup>'
        parts.append(inside)
    return "\n".join([*parts, "</select>"])


_INPUTS = "checkbox color date datetime email hidden input number password search tel text time url"
_DRAWN: dict[str, Callable[[dict], str]] = {
    **dict.fromkeys(_INPUTS.split(), _input),
    "textarea": _textarea,
    "select": _select,
}
DRAWN = {f"django/forms/widgets/{name}.html": draw for name, draw in _DRAWN.items()}


class Renderer(TemplatesSetting):
    """Draws the commonest inputs, and leaves all others to their templates."""

    def render(self, template_name: str, context: dict, request=None) -> SafeString:
        draw = DRAWN.get(template_name)
        if draw is None:
            return super().render(template_name, context, request)
        return mark_safe(draw(context["widget"]))  # noqa: S308 # nosec B308 B703 # all of it is escaped
