"""Adds, alters, renames and removes."""

import django.contrib.postgres.fields
from django.db import migrations, models
from django.db.models.functions import Lower, Upper


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]

    operations = [
        migrations.RenameModel("Company", "Maker"),
        migrations.AlterField("Maker", "name", models.CharField(max_length=100, db_comment="as on the label")),
        migrations.AddField("Maker", "founded", models.DateField(null=True)),
        migrations.AddField("Tag", "slug", models.SlugField(default="", blank=True)),
        migrations.AlterUniqueTogether("Product", set()),
        migrations.RemoveIndex("Product", "product_title_lower"),
        migrations.RenameField("Product", "name", "title"),
        migrations.AlterField("Product", "title", models.CharField(max_length=200)),
        migrations.AlterField("Product", "price", models.DecimalField(max_digits=12, decimal_places=3, default=0)),
        migrations.AlterField("Product", "stock", models.BigIntegerField(default=0)),
        migrations.AddField("Product", "active", models.BooleanField(default=True, db_default=True)),
        migrations.AddField(
            "Product",
            "words",
            django.contrib.postgres.fields.ArrayField(models.CharField(max_length=20), null=True),
        ),
        migrations.AddField(
            "Product",
            "loud",
            models.GeneratedField(
                expression=Upper("title"), output_field=models.CharField(max_length=200), db_persist=True
            ),
        ),
        migrations.RenameIndex("Product", "product_in_stock", old_name="product_stock"),
        migrations.AddIndex("Product", models.Index(Lower("title"), name="product_title_lower")),
        migrations.AddIndex("Product", models.Index(fields=["price"], include=["stock"], name="product_price_covers")),
        migrations.AddConstraint("Product", models.UniqueConstraint(fields=["maker", "title"], name="product_of_maker")),
        migrations.AddConstraint(
            "Product",
            models.UniqueConstraint(Lower("title"), name="product_active_title", condition=models.Q(active=True)),
        ),
        migrations.AlterField("Person", "name", models.TextField(db_index=True)),
        migrations.AlterField("Booking", "room", models.PositiveSmallIntegerField()),
        migrations.RunSQL(
            "comment on table shop_tag is 'words for products'", migrations.RunSQL.noop
        ),
    ]
