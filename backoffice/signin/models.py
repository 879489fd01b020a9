"""What is counted of those who try to sign in."""

from django.db import models

from backoffice.records.fields import InstantField, ObjectIdField


class Attempts(models.Model):
    """How often something was tried in vain of late, by one account, device or address. `key` is a hash: what people
    type where a username belongs may be a password. The row goes when all is forgiven."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    key = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    turn = models.PositiveBigIntegerField(default=0)
    """Which writing of the row this is: of two who read the same turn, one writes the next."""
    counted_at = InstantField()
    held_until = InstantField(null=True)
    forgotten_at = InstantField(db_index=True)

    class Meta:
        verbose_name = "attempts"
        verbose_name_plural = "attempts"

    def __str__(self):
        return f"{self.count} attempts until {self.counted_at}"
