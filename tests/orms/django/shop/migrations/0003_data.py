"""Fills a new column from an old one."""

from django.db import migrations


def activate(apps, schema_editor):
    product = apps.get_model("shop", "Product")
    product.objects.filter(obsolete=True).update(active=False)


def make_obsolete(apps, schema_editor):
    product = apps.get_model("shop", "Product")
    product.objects.filter(active=False).update(obsolete=True)


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_second")]

    operations = [migrations.RunPython(activate, make_obsolete)]
