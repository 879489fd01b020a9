"""Components of record pages: the functions that other packages may import."""

from backoffice.web.components.panels import link_to, related_panel

__all__ = ["link_to", "related_panel"]
