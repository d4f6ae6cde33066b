"""Django with its own applications and one of ours: python program.py URL, an empty database. The first deviation is an
assertion's failure. Everything goes through Django; psycopg alone says what the server's answer was."""

import datetime
import io
import json
import os
import pathlib
import sys
import uuid
from decimal import Decimal

here = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(here), str(here.parent)]
os.environ["DATABASE_URL"] = sys.argv[1]
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"

import django  # noqa: E402

django.setup()

from django.contrib.auth.models import Permission, User  # noqa: E402
from django.contrib.contenttypes.models import ContentType  # noqa: E402
from django.contrib.postgres.aggregates import ArrayAgg, JSONBAgg, StringAgg  # noqa: E402
from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import IntegrityError, connection, models, transaction  # noqa: E402
from django.db.models import Avg, Case, Count, Exists, F, OuterRef, Prefetch, Q, Subquery, Sum, Value, When, Window  # noqa: E402
from django.db.models.functions import Coalesce, Concat, Extract, Lag, Length, Rank, Trunc, TruncMonth  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from report import did, tool  # noqa: E402
from shop.models import Booking, Maker, Person, Product, Tag  # noqa: E402


def command(*words, **options):
    out = io.StringIO()
    call_command(*words, stdout=out, stderr=out, **options)
    return out.getvalue()


def refused(constraint, work):
    try:
        with transaction.atomic():
            work()
    except IntegrityError as error:
        assert constraint in str(error), error
        return
    raise AssertionError(f"{constraint} refuses nothing")


def migrations():
    command("migrate", "shop", "0001", verbosity=0)
    with connection.cursor() as cursor:
        maker = uuid.uuid4()
        cursor.execute("insert into shop_company values (%s, 'Old', 'de')", [maker])
        cursor.execute(
            "insert into shop_product (name, maker_id, price, stock, obsolete, details, sizes, made) values"
            " ('before', %s, 1.25, 3, true, '{}', '{1,2}', now())",
            [maker],
        )
    command("migrate", verbosity=0)
    assert "[ ]" not in command("showmigrations")
    command("makemigrations", check=True, dry_run=True)
    assert command("migrate").count("No migrations to apply") == 1
    old = Product.objects.get()
    assert (old.title, old.active, old.price, old.loud) == ("before", False, Decimal("1.250"), "BEFORE")
    assert old.maker.name == "Old"
    did("migrate: auth, admin, contenttypes, sessions, sites, redirects, flatpages and an own application")
    did("further migrations rename a model, fields and an index, alter types, add, fill and remove columns")
    command("migrate", "shop", "0001", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("select name, obsolete, price from shop_product")
        assert cursor.fetchall() == [("before", True, Decimal("1.25"))]
    command("migrate", verbosity=0)
    did("they are undone and done again")
    command("createcachetable")
    cache.set("key", {"a": 1}, 60)
    assert cache.get("key") == {"a": 1} and cache.get("other") is None
    did("the cache in a table")


def introspection():
    with connection.cursor() as cursor:
        described = connection.introspection
        names = {table.name for table in described.get_table_list(cursor)}
        assert {"auth_user", "shop_product", "shop_product_tags", "django_session"} <= names, names
        tables = {table.name: table.comment for table in described.get_table_list(cursor)}
        assert tables["shop_tag"] == "words for products", tables
        constraints = described.get_constraints(cursor, "shop_product")
        assert constraints["product_of_maker"]["columns"] == ["maker_id", "title"], constraints
        assert constraints["product_maker_price"]["orders"] == ["ASC", "DESC"], constraints
        assert constraints["product_title_lower"]["columns"] == [], constraints
        assert constraints["product_details"]["type"] == "gin", constraints
        assert constraints["product_price_positive"]["check"], constraints
        relations = described.get_relations(cursor, "shop_product")
        assert relations["maker_id"][:2] == ("id", "shop_maker"), relations
        sequences = described.get_sequences(cursor, "shop_product")
        assert sequences == [{"name": "shop_product_id_seq", "table": "shop_product", "column": "id"}], sequences
        assert described.get_primary_key_column(cursor, "shop_maker") == "id"
    text = command("inspectdb")
    for part in [
        "class ShopProduct(models.Model)",
        "maker = models.ForeignKey(ShopMaker, models.DO_NOTHING)",
        "price = models.DecimalField(max_digits=12, decimal_places=3)",
        "details = models.JSONField()",
        "id = models.UUIDField(primary_key=True)",
        "name = models.CharField(max_length=100, db_comment='as on the label')",
        "('maker', 'title')",
        "db_table_comment = 'words for products'",
    ]:
        assert part in text, f"{part}\nis not in\n{text}"
    did("introspection and inspectdb: columns, keys, comments, sequences, index orders")


def models_of_many_kinds():
    Product.objects.all().delete()
    maker = Maker.objects.create(name="M", founded=datetime.date(1900, 2, 28))
    tags = Tag.objects.bulk_create([Tag(name=f"t{n}") for n in range(5)])
    assert all(tag.pk for tag in tags)
    products = Product.objects.bulk_create(
        Product(
            title=f"p{n}",
            maker=maker,
            price=Decimal(n) / 8,
            stock=n,
            details={"n": n, "deep": {"list": [n, None, "x"]}, "even": n % 2 == 0},
            sizes=list(range(n)),
            words=["a", "it's", None, "{}"] if n % 2 else None,
            photo=bytes(range(n)),
            lasts=datetime.timedelta(days=n, seconds=1),
            seen_from=f"10.0.0.{n}",
        )
        for n in range(20)
    )
    seven = Product.objects.get(title="p7")
    seven.refresh_from_db()
    assert (seven.price, seven.sizes, seven.words) == (Decimal("0.875"), list(range(7)), ["a", "it's", None, "{}"])
    assert (seven.lasts, seven.seen_from) == (datetime.timedelta(days=7, seconds=1), "10.0.0.7")
    assert (bytes(seven.photo), seven.active, seven.loud) == (bytes(range(7)), True, "P7")
    seven.tags.set(tags[:3])
    seven.similar.add(products[1], products[2])
    assert seven.tags.count() == 3 and products[1].similar.get() == seven
    did("values of every field there and back: decimal, JSON, arrays, bytes, intervals, addresses, generated columns")

    refused("product_of_maker", lambda: Product.objects.create(title="p7", maker=maker, active=False))
    refused("product_price_positive", lambda: Product.objects.create(title="minus", maker=maker, price=-1))
    refused("product_active_title", lambda: Product.objects.create(title="P7", maker=maker))
    refused("shop_product_maker_id", lambda: (
        Product.objects.create(title="none", maker_id=uuid.uuid4()),
        connection.check_constraints(),
    ))
    did("unique, partial unique, check and deferred foreign keys refuse what they should")

    Tag.objects.bulk_create([Tag(name="t1"), Tag(name="new")], ignore_conflicts=True)
    Tag.objects.bulk_create(
        [Tag(name="t1", slug="one")], update_conflicts=True, unique_fields=["name"], update_fields=["slug"]
    )
    assert Tag.objects.get(name="t1").slug == "one" and Tag.objects.count() == 6
    tag, made = Tag.objects.get_or_create(name="t2", defaults={"slug": "two"})
    assert not made
    tag, made = Tag.objects.update_or_create(name="t2", defaults={"slug": "two"})
    assert not made and tag.slug == "two"
    Product.objects.bulk_update([Product(pk=p.pk, stock=p.stock + 100) for p in products[:3]], ["stock"])
    assert Product.objects.filter(stock__gte=100).count() == 3
    did("bulk_create with conflicts ignored and updated, bulk_update, get_or_create, update_or_create")


def queries():
    product = Product.objects
    assert product.filter(details__deep__list__0=4).get().title == "p4"
    assert product.filter(details__contains={"even": True}).count() == 10
    assert product.filter(details__has_key="n").count() == 20
    assert product.filter(details__has_any_keys=["x", "n"]).count() == 20
    assert list(product.order_by("-details__n").values_list("details__n", flat=True)[:2]) == [19, 18]
    assert product.filter(sizes__contains=[17]).count() == 2
    assert product.filter(sizes__overlap=[0]).count() == 19
    assert product.filter(sizes__len=3).get().title == "p3"
    assert product.filter(sizes__0=0, sizes__1__isnull=True).get().title == "p1"
    assert product.filter(words__contained_by=["a", "it's", "{}", "z"]).count() == 0
    did("lookups in JSON and arrays")
    assert product.filter(title__iregex="^P1[0-3]$").count() == 4
    assert product.filter(title__icontains="P1", title__startswith="p").count() == 11
    assert product.filter(made__date=timezone.now().date()).count() == 20
    assert product.filter(made__year=timezone.now().year).count() == 20
    assert product.filter(seen_from__in=["10.0.0.1", "10.0.0.2"]).count() == 2
    assert product.filter(Q(title="p1") ^ Q(stock__gt=0)).count() == 19
    found = product.aggregate(
        Sum("price"), Avg("stock"), n=Count("pk", filter=Q(active=True)), names=StringAgg("title", ",", ordering="stock"),
        arrays=ArrayAgg("stock", distinct=True, ordering="stock"), documents=JSONBAgg("details__n", ordering="stock"),
    )
    assert found["price__sum"] == Decimal("23.75") and found["n"] == 20, found
    assert found["names"].startswith("p3,p4"), found
    months = product.annotate(month=TruncMonth("made")).values("month").annotate(n=Count("pk")).order_by("month")
    assert [row["n"] for row in months] == [20]
    ranked = product.annotate(
        rank=Window(Rank(), order_by=F("price").desc(), partition_by=F("maker")),
        before=Window(Lag("price"), order_by=F("price").desc()),
    ).filter(rank__lte=2).order_by("rank")
    assert [row.title for row in ranked] == ["p19", "p18"] and ranked[1].before == ranked[0].price
    newest = product.filter(maker=OuterRef("pk")).order_by("-price").values("title")[:1]
    makers = Maker.objects.annotate(
        best=Subquery(newest), any=Exists(product.filter(maker=OuterRef("pk"), stock=5)), n=Count("products")
    ).filter(any=True)
    assert [(maker.best, maker.n) for maker in makers] == [("p19", 20)]
    sized = product.annotate(
        size=Case(When(stock__lt=5, then=Value("s")), default=Value("l")), long=Concat("title", Value("!"))
    ).values("size").annotate(n=Count("pk"), most=models.Max(Length("long"))).order_by("size")
    assert [(row["size"], row["n"]) for row in sized] == [("l", 18), ("s", 2)], list(sized)
    assert product.filter(stock=F("price") * 8).count() == 17
    assert product.order_by("maker", "-stock").distinct("maker").get().title == "p2"
    one, two = product.filter(stock__lt=6), product.filter(stock__gte=5, stock__lt=8)
    assert (one.union(two).count(), one.intersection(two).count(), one.difference(two).count()) == (5, 1, 2)
    assert sum(1 for _ in product.order_by("pk").iterator(chunk_size=3)) == 20
    assert [p.title for p in product.select_related("maker").prefetch_related(Prefetch("tags"))
            .filter(tags__name="t1", maker__name="M")] == ["p7"]
    assert product.annotate(hour=Extract("made", "hour"), day=Trunc("made", "day"), w=Coalesce("weight", 0.0)).first().w == 0
    assert "Scan" in product.filter(stock=5).explain(analyze=True)
    did("aggregates with filter and order, windows, subqueries, case, set operations, DISTINCT ON, server-side cursors")
    found = product.annotate(rank=SearchRank(SearchVector("title"), SearchQuery("p7"))).filter(rank__gt=0)
    assert [p.title for p in found] == ["p7"]
    assert product.annotate(v=SearchVector("title")).filter(v=SearchQuery("p7 | p8", search_type="raw")).count() == 2
    did("full-text search")
    person = Person.objects.create(name="A", email="a@x.org")
    start = timezone.now()
    hour = datetime.timedelta(hours=1)
    Booking.objects.create(person=person, during=(start, start + hour), room=1)
    Booking.objects.create(person=person, during=(start + hour, start + 2 * hour), room=1)
    assert Booking.objects.filter(during__contains=start + hour / 2).count() == 1
    assert Booking.objects.get(during__startswith=start).during.upper == start + hour
    did("ranges")


def transactions():
    seen = []
    with transaction.atomic():
        Tag.objects.create(name="outer")
        try:
            with transaction.atomic():
                Tag.objects.create(name="inner")
                with transaction.atomic():
                    Tag.objects.create(name="innermost")
                Tag.objects.create(name="outer")
        except IntegrityError:
            seen.append("undone")
        assert not Tag.objects.filter(name__startswith="inner").exists()
        point = transaction.savepoint()
        Tag.objects.create(name="kept")
        transaction.savepoint_commit(point)
        transaction.on_commit(lambda: seen.append("committed"))
    assert seen == ["undone", "committed"], seen
    assert Tag.objects.filter(name__in=["outer", "kept"]).count() == 2
    try:
        with transaction.atomic():
            Tag.objects.filter(name="kept").delete()
            raise KeyError
    except KeyError:
        assert Tag.objects.filter(name="kept").exists()
    did("nested atomic, savepoints, on_commit")
    with transaction.atomic():
        row = Product.objects.select_for_update().get(title="p5")
        row.stock = F("stock") + 1
        row.save(update_fields=["stock"])
        list(Product.objects.select_for_update(nowait=True).filter(stock__lt=5))
        list(Product.objects.select_for_update(skip_locked=True, of=["self"]).select_related("maker"))
        list(Product.objects.select_for_update(no_key=True).filter(stock__lt=5))
    assert Product.objects.get(title="p5").stock == 6
    did("select_for_update, also nowait, skip_locked, of and no_key")
    used = Product.objects.get(title="p7")
    first = Person.objects.create(name="B", email="b@x.org", favourite=used)
    second = Person.objects.create(name="C", email="c@x.org", invited_by=first)
    try:
        used.delete()
        raise AssertionError("a protected row was deleted")
    except models.ProtectedError:
        first.delete()
    second.refresh_from_db()
    assert second.invited_by is None
    Maker.objects.all().delete()
    assert not Product.objects.exists()
    did("deletion: CASCADE, SET_NULL, PROTECT")


def own_applications():
    user = User.objects.create_superuser("root", "root@x.org", "secret")
    assert Permission.objects.filter(content_type__app_label="shop", content_type__model="product").count() == 4
    assert ContentType.objects.get_for_model(Maker).model_class() is Maker
    maker = Maker.objects.create(name="N")
    Product.objects.create(title="on the page", maker=maker)
    client = Client()
    assert client.login(username="root", password="secret")
    for page in ["/admin/", "/admin/shop/product/", "/admin/shop/product/?q=page&active__exact=1", "/admin/auth/user/"]:
        answer = client.get(page)
        assert answer.status_code == 200, (page, answer.status_code)
    answer = client.post("/admin/shop/tag/add/", {"name": "X"})
    assert answer.status_code == 302 and Tag.objects.filter(name="X").exists()
    assert user.logentry_set.get().is_addition()
    from django.contrib.sessions.models import Session

    assert Session.objects.count() == 1
    client.logout()
    command("clearsessions")
    did("the admin's pages, log-in, sessions, permissions, content types")
    stored = command("dumpdata", "shop", "auth.user")
    before = len(json.loads(stored))
    path = here / "nothing.json"
    command("flush", interactive=False, verbosity=0)
    assert not Product.objects.exists() and not User.objects.exists()
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "stored.json"
        path.write_text(stored)
        command("loaddata", str(path))
    assert len(json.loads(command("dumpdata", "shop", "auth.user"))) == before
    with connection.cursor() as cursor:
        for line in command("sqlsequencereset", "shop", no_color=True).splitlines():
            if line not in ("BEGIN;", "COMMIT;"):
                cursor.execute(line)
    assert Tag.objects.create(name="after the reset").pk
    did("dumpdata, flush, loaddata, sqlsequencereset")


def end():
    for application in ["shop", "admin", "flatpages", "redirects", "sites", "sessions", "auth", "contenttypes"]:
        command("migrate", application, "zero", verbosity=0)
    left = set(connection.introspection.table_names())
    assert left == {"django_migrations", "cache_of_pages"}, left
    did("migrate zero of every application leaves no table")


tool("Django", django.get_version())
migrations()
introspection()
models_of_many_kinds()
queries()
transactions()
own_applications()
end()
