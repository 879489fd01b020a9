"""Locations of customer objects over JSON: setting them, and finding nearby objects."""

from math import cos, radians

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.api.tests.clients import ApiClient, error_fields
from facility.locations import box_around, metres_between
from facility.models import CustomerObject
from facility.tests.factories import CustomerObjectFactory

METRE = 1 / 111_195
"""One metre of latitude, in degrees."""


@pytest.fixture
def alice(cast, records, key_of):
    return ApiClient(key_of(cast.alice))


@pytest.fixture
def make_object_at(cast, records):
    """`make_object_at(1, 55.5, 12.5)` creates an object named 1 there."""

    def put(name, latitude, longitude, theirs=False):
        owner = {"company": cast.company, "customer": cast.resold.pk}
        if theirs:
            owner = {"company": cast.elsewhere, "customer": records.their_customer.pk}
        return CustomerObjectFactory(
            name=str(name), location_latitude=latitude, location_longitude=longitude, **owner
        )

    return put


def near(caller, where, **asked):
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    answer = caller.get(f"/v2/objects/location/{where}?{query}")
    assert answer.status_code == 200, answer.content
    return [document["name"] for document in answer.json()]


@pytest.mark.django_db
def test_set_location_of_object(cast, records, alice, key_of):
    url = f"/v2/objects/{records.object.pk}/location"
    answer = alice.post(url, {"latitude": 55.6761, "longitude": -12})
    assert (answer.status_code, answer["ETag"]) == (200, '"2"')
    assert answer.json()["location"] == {"latitude": 55.6761, "longitude": -12}
    assert answer.content == alice.get(url.removesuffix("/location")).content
    assert alice.post(url, {"latitude": 55.6761, "longitude": -12.0})["ETag"] == '"2"'
    for body, paths in (
        ({}, ["latitude", "longitude"]),
        ({"latitude": 1}, ["longitude"]),
        ({"latitude": 90.01, "longitude": -180.01}, ["latitude", "longitude"]),
        ({"latitude": "1", "longitude": 2}, ["latitude"]),
        ({"latitude": True, "longitude": [], "altitude": 1}, ["latitude", "longitude", "altitude"]),
        ({"latitude": None, "longitude": 1}, ["latitude"]),
        ('{"latitude": 1e999, "longitude": 1}', ["latitude"]),
    ):
        answer = alice.post(url, body)
        assert (answer.status_code, error_fields(answer)) == (400, paths), body
    assert alice.post(url, {"latitude": 1, "longitude": 1}, if_match='"1"').status_code == 412
    there = {"latitude": 1, "longitude": 1}
    assert ApiClient(key_of(cast.vera)).post(url, there).status_code == 403
    assert ApiClient(key_of(cast.charlie)).post(url, there).status_code == 404
    assert alice.get(url).status_code == 405
    assert CustomerObject.objects.get(pk=records.object.pk).version == 2


@pytest.mark.django_db
def test_list_objects_near(cast, records, alice, make_object_at, key_of):
    for metres in (900, 0, 1500, 300, 100):
        make_object_at(metres, 55.5 + metres * METRE, 12.5)
    make_object_at("theirs", 55.5, 12.5, theirs=True)
    assert near(alice, "55.5/12.5") == ["0", "100", "300", "900"]
    assert near(alice, "55.5/12.5/", radius=299) == ["0", "100"]
    assert near(alice, "55.5/12.5", radius=50_000) == ["0", "100", "300", "900", "1500"]
    assert near(alice, "55.5/12.5", limit=2, offset=1) == ["100", "300"]
    assert near(alice, "-55.5/-12.5", radius=50_000) == []
    document = alice.get("/v2/objects/location/55.5/12.5?limit=1").json()[0]
    assert document == alice.get(f"/v2/objects/{document['_id']}").json()
    charlie = ApiClient(key_of(cast.charlie))
    assert near(charlie, "55.5/12.5") == ["theirs"]
    assert ApiClient(key_of(cast.sven)).get("/v2/objects/location/55.5/12.5").status_code == 403


@pytest.mark.django_db
def test_objects_at_the_same_distance_are_sorted_by_id(alice, make_object_at):
    made = sorted((make_object_at(name, 55.5, 12.5).pk, str(name)) for name in range(5))
    assert near(alice, "55.5/12.5") == [name for _pk, name in made]


@pytest.mark.django_db
def test_the_date_line_and_the_poles_are_handled(alice, make_object_at):
    make_object_at("west", 10, -179.999)
    make_object_at("east", 10, 179.999)
    make_object_at("line", 10, 180)
    make_object_at("far", 10, 0)
    make_object_at("north", 89.999, 0)
    make_object_at("over the pole", 89.999, 180)
    make_object_at("pole", 90, 77)
    make_object_at("south", -89.9995, -90)
    for where, found in {
        "10/180": ["line", "east", "west"],
        "10/-180": ["line", "east", "west"],
        "10/179.9992": ["east", "line", "west"],
        "10/-179.9992": ["west", "line", "east"],
        "10/0": ["far"],
        "90/0": ["pole", "north", "over the pole"],
        "90/123": ["pole", "north", "over the pole"],
        "89.9998/0": ["pole", "north", "over the pole"],
        "-90/45": ["south"],
    }.items():
        got = near(alice, where)
        assert (got[0], sorted(got)) == (found[0], sorted(found)), where


@pytest.mark.django_db
def test_invalid_locations_are_refused(alice):
    for where, paths in {
        "x/12": ["lat"],
        "55/y": ["long"],
        "91/181": ["lat", "long"],
        "-90.0001/-180.0001": ["lat", "long"],
        "NaN/Infinity": ["lat", "long"],
        "1e999/1": ["lat"],
        "%00/1": ["lat"],
        "55,5/12": ["lat"],
        f"{'9' * 5000}/1": ["lat"],
        "1/1?radius=0": ["radius"],
        "1/1?radius=50001": ["radius"],
        "1/1?radius=x": ["radius"],
        "1/1?radius=": ["radius"],
        "1/1?radius=1&radius=2": ["radius"],
        "1/1?limit=0&offset=-1": ["limit", "offset"],
        "x/y?radius=z&limit=0": ["lat", "long", "radius", "limit"],
        "1/1?sort=number": ["sort"],
    }.items():
        answer = alice.get(f"/v2/objects/location/{where}")
        assert (answer.status_code, error_fields(answer)) == (400, paths), where
    assert alice.get("/v2/objects/location/1").status_code == 404


def test_distances_are_correct():
    assert metres_between((0, 0), (0, 0)) == 0
    assert metres_between((0, 0), (0, 180)) == pytest.approx(20_015_115, abs=1)
    assert metres_between((55.6761, 12.5683), (47.3769, 8.5417)) == pytest.approx(965_000, rel=0.01)
    assert metres_between((10, 180), (10, -180)) == pytest.approx(0, abs=1e-6)


class Box:
    """Whether a point satisfies a condition on `lat` and `long`, evaluated like a database."""

    def __init__(self, condition):
        self.condition = condition

    def has(self, lat, long, condition=None) -> bool:
        condition = condition or self.condition
        results = []
        for child in condition.children:
            if not isinstance(child, tuple):
                results.append(self.has(lat, long, child))
                continue
            name, lookup = child[0].split("__")
            value = {"lat": lat, "long": long}[name]
            results.append({"gte": value >= child[1], "lte": value <= child[1], "isnull": True}[lookup])
        return any(results) if condition.connector == "OR" else all(results)


LATITUDES, LONGITUDES = st.floats(-90, 90), st.floats(-180, 180)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, derandomize=True)
@given(LATITUDES, LONGITUDES, st.floats(1, 50_000), st.floats(-1, 1), st.floats(-1, 1))
def test_the_bounding_box_contains_the_radius(lat, long, radius, up, right):
    box = Box(box_around((lat, long), radius, "lat", "long"))
    other_lat = max(-90.0, min(90.0, lat + up * radius * METRE))
    across = min(180.0, radius * METRE / max(cos(radians(other_lat)), 1e-6))
    other_long = (long + right * across + 540) % 360 - 180
    if metres_between((lat, long), (other_lat, other_long)) <= radius:
        assert box.has(other_lat, other_long)
