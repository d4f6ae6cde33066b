"""Removes the old column."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0003_data")]

    operations = [migrations.RemoveField("Product", "obsolete")]
