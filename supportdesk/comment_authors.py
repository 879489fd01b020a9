"""The authors of comments on a support case: who is added to a new comment, and what people outside support must not
write."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backoffice.conversations.conversation import mark_edited
from backoffice.db.compat import with_related

ADMINISTER = "supportdesk.administer_supportcase"
COMMENT = "supportdesk.comment_supportcase"
COMMENT_ACTIONS = frozenset({"comment", "reopen", "edit_message"})
"""Actions for holders of COMMENT on the cases that they may see, and for the reporter."""


class CommentAuthorsMixin:
    """For the model of support cases."""

    def _author(self, planned) -> str | None:
        """Return the user id of the actor, or None if the actor is not of the case's company and cannot be
        referenced."""
        return planned.actor.user_id if planned.actor.company_id == self.company_id else None

    def _complete_comments(self, planned):
        """Return the comments, new ones completed with date, author and `is_support`."""
        known = {comment["id"]: comment for comment in planned.before.comments} if planned.before else {}
        authors = self._authors(planned, [comment for comment in self.comments if comment["id"] not in known])
        return [
            mark_edited(comment, known[comment["id"]], planned, "comment")
            if comment["id"] in known
            else self._complete_comment(comment, planned, authors)
            for comment in self.comments
        ]

    def _authors(self, planned, comments) -> dict:
        """Return the possible authors of the comments that have to be completed, by id."""
        incomplete = [each for each in comments if not planned.provenance or each["is_support"] is None]
        if not incomplete:
            return {}
        ids = {self._author(planned), *(comment["employee"] for comment in incomplete)} - {None}
        users = self.allowed_references("employee", self.properties["employee"].target, planned.actor)
        return {user.pk: user for user in with_related(users.filter(pk__in=ids), "customer")}

    def _complete_comment(self, comment, planned, authors):
        comment = {**comment, "date": comment["date"] or planned.at}
        if planned.provenance and comment["is_support"] is not None:
            return comment  # imported comments stay as they are
        own = not planned.provenance and not comment["employee"] and not comment["employee_name"]
        if own:
            comment["employee"] = self._author(planned)
            comment["employee_name"] = "" if comment["employee"] else planned.actor.history_name
        author = authors.get(comment["employee"])
        if author:
            comment["employee_name"] = comment["employee_name"] or str(author)
            if not comment["customer"] and author.customer_id:
                comment["customer"] = author.customer_id
                comment["customer_name"] = comment["customer_name"] or str(author.customer)
        if comment["is_support"] is None:
            by_support = planned.actor.may("change", self) if own else author and author.has_perm(ADMINISTER)
            comment["is_support"] = bool(by_support)
        return comment

    def _find_excesses(self, planned) -> dict[str, list]:
        """Return errors, by path, of what a comment or reopening must not change."""
        allowed = {"comment": {"comments"}, "reopen": {"solved"}}.get(
            planned.action, planned.edited_properties
        )
        paths = sorted(planned.edited_properties - allowed)
        if planned.action == "reopen" and self.solved:
            paths.append("solved")
        if planned.action == "comment":
            known = {comment["id"] for comment in planned.before.comments}
            by_support = planned.actor.may("change", self)
            for index, comment in enumerate(self.comments):
                is_own = comment["employee"] == self._author(planned) and comment["is_support"] == by_support
                if comment not in planned.before.comments and (comment["id"] in known or not is_own):
                    paths.append(f"comments.{planned.element_indexes.get(comment['id'], index)}")
        message = _("Only support staff can set this.")
        return {path: [ValidationError(message, code="other")] for path in paths}

    def _find_impersonations(self, planned, me) -> dict[str, list]:
        """Return errors, by path, of text that a user outside support attributes to others."""
        paths = [
            name
            for name in ("response_answer", "response_author", "response_date")
            if name in planned.edited_properties and planned.changed(name)
        ]
        if self.employee_name != str(me):
            paths.append("employee_name")
        for index, comment in enumerate(self.comments):
            path = f"comments.{planned.element_indexes.get(comment['id'], index)}"
            if comment["employee"] != planned.actor.user_id:
                paths.append(f"{path}.employee")
            elif comment["employee_name"] != str(me):
                paths.append(f"{path}.employee_name")
            if comment["is_support"]:
                paths.append(f"{path}.is_support")
        message = _("Only support staff can set this.")
        return {path: [ValidationError(message, code="other")] for path in paths}
