"""Private methods of Django admin that our pages override. `tests/proofs/test_patches.py` fails for a Django that they
were not verified with."""

from django.http import Http404

VERIFIED = {"Django": "5.2"}


class MissingObjectMixin:
    """A model admin that responds to a missing object with 404, as all channels do. Django redirects to the index."""

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        raise Http404
