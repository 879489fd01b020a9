"""The scenes, in the order of the tour. Each goes on from the state that the one before left."""

from scripts.tour.scenes.edits import conflict, merge, undo
from scripts.tour.scenes.kills import kills
from scripts.tour.scenes.requests import requests
from scripts.tour.scenes.secrets import secrets

SCENES = (requests, merge, conflict, undo, kills, secrets)
