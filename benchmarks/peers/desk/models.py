"""Complaints of the peers: our columns, with Django's own fields."""

import hashlib

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class Person(models.Model):
    id = models.CharField(max_length=24, primary_key=True)
    company_id = models.CharField(max_length=24)
    name = models.CharField(max_length=255)

    is_authenticated = True

    def __str__(self):
        return self.name


class Key(models.Model):
    digest = models.CharField(max_length=64, unique=True)
    owner = models.ForeignKey(Person, models.CASCADE)

    def __str__(self):
        return self.digest[:8]

    @classmethod
    def owner_of(cls, text: str) -> Person | None:
        digest = hashlib.sha256(text.encode()).hexdigest()
        found = cls.objects.select_related("owner").filter(digest=digest).first()
        return found and found.owner


class Place(models.Model):
    id = models.CharField(max_length=24, primary_key=True)
    company_id = models.CharField(max_length=24)
    name = models.CharField(max_length=255)

    def __str__(self):
        return self.name


class Complaint(models.Model):
    id = models.CharField(max_length=24, primary_key=True)
    number = models.BigIntegerField(validators=[MinValueValidator(1)])
    company_id = models.CharField(max_length=24)
    status = models.IntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=24, null=True)
    last_modified_at = models.DateTimeField()
    last_modified_by = models.CharField(max_length=24, null=True)
    chat_id = models.CharField(max_length=24, null=True, blank=True)
    desc = models.TextField()
    room_description = models.CharField(max_length=255, blank=True)
    contact_name = models.CharField(max_length=255, blank=True)
    contact_email = models.EmailField(max_length=254, blank=True)
    contact_telephone = models.CharField(max_length=255, blank=True)
    priority = models.IntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(4)])
    images = models.JSONField(default=list, blank=True)
    user = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    comment = models.TextField(blank=True)
    response = models.TextField(blank=True)
    custom_fields = models.JSONField(null=True, blank=True)
    object = models.ForeignKey(Place, models.PROTECT, related_name="+")
    complaint_status = models.CharField(max_length=10, default="new")
    assigned_date = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    finished_by = models.CharField(max_length=24, null=True, blank=True)
    finish_images = models.JSONField(default=list, blank=True)
    tags = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["-number", "id"]
        constraints = [models.UniqueConstraint(fields=["company_id", "number"], name="desk_number")]
        indexes = [models.Index(fields=["company_id", "-last_modified_at"])]

    def __str__(self):
        return self.desc[:80]
