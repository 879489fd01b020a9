"""Admin of the messages of conversations, read-only like all child rows."""

from backoffice.admin.base import ChildRowAdmin


class MessageAdmin(ChildRowAdmin):
    """Messages of the kinds that a user may see with everything about them."""

    list_display = ("__str__", "kind", "author_name", "date", "record")
    list_filter = ("kind",)

    def rows(self, request):
        visible = [
            kind.name
            for kind in self.owner.conversation
            if all(request.user.may("view", self.owner, name) for name in {kind.messages, *kind.properties})
        ]
        return super().rows(request).filter(kind__in=visible)
