"""Distances between geographic locations, and bounding boxes for queries."""

from math import asin, cos, degrees, hypot, radians, sin

from django.db.models import Q

EARTH_RADIUS = 6_371_008.8
"""The mean radius, in metres."""
BOX_MARGIN = 1e-6
"""Degrees (about 10 cm) by which a box is enlarged, so that rounding excludes nothing."""

Point = tuple[float, float]
"""Latitude and longitude, in degrees."""


def metres_between(one: Point, other: Point) -> float:
    """Return the distance along the surface in metres (haversine)."""
    (north, east), (other_north, other_east) = ((radians(lat), radians(long)) for lat, long in (one, other))
    across = sin((other_north - north) / 2)
    along = sin((other_east - east) / 2) * (cos(north) * cos(other_north)) ** 0.5
    return 2 * EARTH_RADIUS * asin(min(1.0, hypot(across, along)))


def box_around(centre: Point, radius: float, latitude: str, longitude: str) -> Q:
    """Return a condition on two fields that all points within `radius` metres satisfy, and few others, so
    that few distances have to be computed."""
    north, east = centre
    high = degrees(radius / EARTH_RADIUS) + BOX_MARGIN
    within = Q(**{f"{latitude}__gte": north - high, f"{latitude}__lte": north + high})
    if abs(north) + high >= 90:  # every longitude is near a pole
        return within & Q(**{f"{longitude}__isnull": False})
    wide = degrees(asin(sin(radians(high)) / cos(radians(north)))) + BOX_MARGIN
    first, last = east - wide, east + wide
    after, before = Q(**{f"{longitude}__gte": first}), Q(**{f"{longitude}__lte": last})
    if first < -180:  # the box crosses the date line
        return within & (before | Q(**{f"{longitude}__gte": first + 360}))
    if last > 180:
        return within & (after | Q(**{f"{longitude}__lte": last - 360}))
    return within & after & before
