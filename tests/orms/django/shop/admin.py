"""The models in the admin."""

from django.contrib import admin

from .models import Product, Tag


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ["title", "price", "maker"]
    list_filter = ["active", "maker"]
    search_fields = ["title"]
    date_hierarchy = "made"


admin.site.register(Tag)
