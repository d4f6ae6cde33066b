"""The models after both migrations. Before the second one `Maker` was `Company`, and `title` was `name`."""

import uuid

from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Lower, Upper


class Tag(models.Model):
    name = models.CharField(max_length=30, unique=True)
    slug = models.SlugField(default="", blank=True)


class Maker(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=100, db_comment="as on the label")
    country = models.CharField(max_length=2, null=True)
    founded = models.DateField(null=True)


class Product(models.Model):
    title = models.CharField(max_length=200)
    maker = models.ForeignKey(Maker, on_delete=models.CASCADE, related_name="products")
    tags = models.ManyToManyField(Tag, related_name="products")
    similar = models.ManyToManyField("self", symmetrical=True)
    price = models.DecimalField(max_digits=12, decimal_places=3, default=0)
    stock = models.BigIntegerField(default=0)
    active = models.BooleanField(default=True, db_default=True)
    details = models.JSONField(default=dict)
    sizes = ArrayField(models.IntegerField(), default=list)
    words = ArrayField(models.CharField(max_length=20), null=True)
    made = models.DateTimeField(auto_now_add=True)
    weight = models.FloatField(null=True)
    photo = models.BinaryField(null=True)
    lasts = models.DurationField(null=True)
    seen_from = models.GenericIPAddressField(null=True)
    loud = models.GeneratedField(expression=Upper("title"), output_field=models.CharField(max_length=200), db_persist=True)

    class Meta:
        indexes = [
            models.Index(fields=["maker", "-price"], name="product_maker_price"),
            models.Index(fields=["stock"], name="product_in_stock", condition=models.Q(stock__gt=0)),
            models.Index(Lower("title"), name="product_title_lower"),
            models.Index(fields=["price"], include=["stock"], name="product_price_covers"),
            GinIndex(fields=["details"], name="product_details"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["maker", "title"], name="product_of_maker"),
            models.UniqueConstraint(Lower("title"), name="product_active_title", condition=models.Q(active=True)),
            models.CheckConstraint(condition=models.Q(price__gte=0), name="product_price_positive"),
            models.UniqueConstraint(
                fields=["stock", "weight"], name="product_deferred", deferrable=models.Deferrable.DEFERRED
            ),
        ]


class Person(models.Model):
    name = models.TextField(db_index=True)
    email = models.EmailField(unique=True)
    invited_by = models.ForeignKey("self", null=True, on_delete=models.SET_NULL)
    favourite = models.OneToOneField(Product, null=True, on_delete=models.PROTECT)


class Booking(models.Model):
    person = models.ForeignKey(Person, on_delete=models.CASCADE, db_index=False)
    during = DateTimeRangeField()
    room = models.PositiveSmallIntegerField()
