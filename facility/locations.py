"""Where on Earth: distances, and what may be near."""

from math import asin, cos, degrees, hypot, radians, sin

from django.db.models import Q

EARTH = 6_371_008.8
"""Its mean radius, in metres."""
MARGIN = 1e-6
"""Degrees (a hand's breadth) by which a box is larger than it need be, so that rounding leaves nothing out."""

Point = tuple[float, float]
"""Latitude and longitude, in degrees."""


def metres_between(one: Point, other: Point) -> float:
    """The distance along the surface (haversine)."""
    (north, east), (other_north, other_east) = ((radians(lat), radians(long)) for lat, long in (one, other))
    across = sin((other_north - north) / 2)
    along = sin((other_east - east) / 2) * (cos(north) * cos(other_north)) ** 0.5
    return 2 * EARTH * asin(min(1.0, hypot(across, along)))


def box_around(centre: Point, radius: float, latitude: str, longitude: str) -> Q:
    """A condition on two fields that everything within `radius` metres meets, and not much else: so that the
    database leaves little to measure."""
    north, east = centre
    high = degrees(radius / EARTH) + MARGIN
    within = Q(**{f"{latitude}__gte": north - high, f"{latitude}__lte": north + high})
    if abs(north) + high >= 90:  # every longitude is near a pole
        return within & Q(**{f"{longitude}__isnull": False})
    wide = degrees(asin(sin(radians(high)) / cos(radians(north)))) + MARGIN
    first, last = east - wide, east + wide
    after, before = Q(**{f"{longitude}__gte": first}), Q(**{f"{longitude}__lte": last})
    if first < -180:  # the date line runs through it
        return within & (before | Q(**{f"{longitude}__gte": first + 360}))
    if last > 180:
        return within & (after | Q(**{f"{longitude}__lte": last - 360}))
    return within & after & before
