"""Parts of pages: what other packages use of them."""

from backoffice.web.components.panels import link_to, related_panel

__all__ = ["link_to", "related_panel"]
