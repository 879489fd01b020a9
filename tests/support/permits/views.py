from permits.models import Permit

from backoffice.web.viewsets import RecordViewSet, register


@register
class PermitViewSet(RecordViewSet):
    model = Permit
    slug = "permits"
    icon = "car-front"
    new_label = "New parking permit"
