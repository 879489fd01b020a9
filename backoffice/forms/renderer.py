"""Form renderer that renders the most common of Django's widgets without templates, with the same HTML. A
large form has dozens of inputs, and each would render two templates (see docs/performance.md)."""

from collections.abc import Callable

from django.forms.renderers import TemplatesSetting
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe


def _attributes(attrs: dict) -> str:
    parts = []
    for name, value in attrs.items():
        if value is True:
            parts.append(f" {conditional_escape(name)}")
        elif value is not False:
            parts.append(f' {conditional_escape(name)}="{conditional_escape(str(value))}"')
    return "".join(parts)


def _input(widget: dict) -> str:
    value = widget["value"]
    value_attribute = "" if value is None else f' value="{conditional_escape(str(value))}"'
    name = conditional_escape(widget["name"])
    return f'<input type="{widget["type"]}" name="{name}"{value_attribute}{_attributes(widget["attrs"])}>'


def _textarea(widget: dict) -> str:
    text = conditional_escape(widget["value"] or "")
    name = conditional_escape(widget["name"])
    return f'<textarea name="{name}"{_attributes(widget["attrs"])}>\n{text}</textarea>'


def _option(option: dict) -> str:
    value = conditional_escape(str(option["value"]))
    return f'<option value="{value}"{_attributes(option["attrs"])}>{conditional_escape(option["label"])}</option>'


def _select(widget: dict) -> str:
    parts = [f'<select name="{conditional_escape(widget["name"])}"{_attributes(widget["attrs"])}>']
    for group, options, _index in widget["optgroups"]:
        html = "\n".join(map(_option, options))
        if group:
            html = f'<optgroup label="{conditional_escape(group)}">\n{html}\n</optgroup>'
        parts.append(html)
    return "\n".join([*parts, "</select>"])


_INPUTS = "checkbox color date datetime email hidden input number password search tel text time url"
_FUNCTIONS: dict[str, Callable[[dict], str]] = {
    **dict.fromkeys(_INPUTS.split(), _input),
    "textarea": _textarea,
    "select": _select,
}
RENDER_FUNCTIONS = {f"django/forms/widgets/{name}.html": function for name, function in _FUNCTIONS.items()}


class Renderer(TemplatesSetting):
    """Renders the most common widgets with functions, all others with their templates."""

    def render(self, template_name: str, context: dict, request=None) -> SafeString:
        function = RENDER_FUNCTIONS.get(template_name)
        if function is None:
            return super().render(template_name, context, request)
        return mark_safe(function(context["widget"]))  # noqa: S308 # nosec B308 B703 # all of it is escaped
