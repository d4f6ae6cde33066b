"""The 22 queries of TPC-H on a Quorate node and on PostgreSQL: same answers, and how long each takes.

    tpch.py load    --port 5432 --scale 0.1            creates, fills and analyzes the eight tables
    tpch.py compare --port 5432 --other 5433 [--runs 3] [--only 2,17]

The data is made here, with the distributions that the queries' selectivities rest on, from a fixed seed. It needs
psql in PATH or named by PSQL. `compare` ends with status 1 if an answer differs; runs of both servers alternate.
"""

import argparse
import datetime
import math
import os
import random
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PSQL = os.environ.get("PSQL", "psql")
NATIONS = [("ALGERIA", 0), ("ARGENTINA", 1), ("BRAZIL", 1), ("CANADA", 1), ("EGYPT", 4), ("ETHIOPIA", 0), ("FRANCE", 3),
           ("GERMANY", 3), ("INDIA", 2), ("INDONESIA", 2), ("IRAN", 4), ("IRAQ", 4), ("JAPAN", 2), ("JORDAN", 4),
           ("KENYA", 0), ("MOROCCO", 0), ("MOZAMBIQUE", 0), ("PERU", 1), ("CHINA", 2), ("ROMANIA", 3),
           ("SAUDI ARABIA", 4), ("VIETNAM", 2), ("RUSSIA", 3), ("UNITED KINGDOM", 3), ("UNITED STATES", 1)]
REGIONS = ["AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"]
COLORS = ("almond aquamarine azure beige black blue brown chocolate coral cream cyan drab forest frosted ghost gold "
          "green grey honeydew indian ivory khaki lace lavender lemon linen magenta maroon mint misty navy olive orange "
          "orchid pale peru pink plum powder puff purple red rose royal saddle salmon sandy sienna sky slate snow steel "
          "tan thistle tomato turquoise violet wheat white yellow").split()
TYPES = (["STANDARD", "SMALL", "MEDIUM", "LARGE", "ECONOMY", "PROMO"],
         ["ANODIZED", "BURNISHED", "PLATED", "POLISHED", "BRUSHED"], ["TIN", "NICKEL", "BRASS", "STEEL", "COPPER"])
CONTAINERS = (["SM", "LG", "MED", "JUMBO", "WRAP"], ["CASE", "BOX", "BAG", "JAR", "PKG", "PACK", "CAN", "DRUM"])
SEGMENTS = ["AUTOMOBILE", "BUILDING", "FURNITURE", "MACHINERY", "HOUSEHOLD"]
PRIORITIES = ["1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW"]
INSTRUCTIONS = ["DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"]
MODES = ["REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"]
WORDS = ("quick slow bold final silent even regular express pending furious careful deposits accounts packages foxes "
         "requests theodolites pinto beans instructions ideas dependencies special unusual among above after the "
         "carefully blithely quickly sleep wake haggle nag cajole use boost").split()
FIRST_DAY = datetime.date(1992, 1, 1)
TODAY = datetime.date(1995, 6, 17)


def words(rng, count):
    return " ".join(rng.choice(WORDS) for _ in range(count))


def money(cents):
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def phone(rng, nation):
    return f"{nation + 10}-{rng.randint(100, 999)}-{rng.randint(100, 999)}-{rng.randint(1000, 9999)}"


def price(part):
    return 90000 + (part // 10) % 20001 + 100 * (part % 1000)


def supplier_of(part, place, suppliers):
    return (part + place * (suppliers // 4 + (part - 1) // suppliers)) % suppliers + 1


def generate(scale):
    """Yields (table, list of lines) in bounded pieces."""
    rng = random.Random(19920101)
    suppliers, parts = max(10, int(10_000 * scale)), max(200, int(200_000 * scale))
    customers, orders = max(150, int(150_000 * scale)), max(1500, int(1_500_000 * scale))
    yield "region", [f"{key}|{name}|{words(rng, 5)}" for key, name in enumerate(REGIONS)]
    yield "nation", [f"{key}|{name}|{region}|{words(rng, 5)}" for key, (name, region) in enumerate(NATIONS)]
    lines = []
    for key in range(1, suppliers + 1):
        nation = rng.randrange(25)
        comment = words(rng, 6)
        if rng.random() < 0.0005 * 4:
            comment = f"{words(rng, 2)} Customer {words(rng, 1)} Complaints"
        lines.append(f"{key}|Supplier#{key:09d}|{words(rng, 3)}|{nation}|{phone(rng, nation)}"
                     f"|{money(rng.randint(-99999, 999999))}|{comment}")
    yield "supplier", lines
    lines, supply = [], []
    for key in range(1, parts + 1):
        maker = rng.randint(1, 5)
        lines.append("|".join((
            str(key), " ".join(rng.sample(COLORS, 5)), f"Manufacturer#{maker}", f"Brand#{maker}{rng.randint(1, 5)}",
            " ".join(rng.choice(side) for side in TYPES), str(rng.randint(1, 50)),
            " ".join(rng.choice(side) for side in CONTAINERS), money(price(key)), words(rng, 2)[:23])))
        for place in range(4):
            supply.append(f"{key}|{supplier_of(key, place, suppliers)}|{rng.randint(1, 9999)}"
                          f"|{money(rng.randint(100, 100000))}|{words(rng, 14)}")
    yield "part", lines
    yield "partsupp", supply
    lines = []
    for key in range(1, customers + 1):
        nation = rng.randrange(25)
        lines.append(f"{key}|Customer#{key:09d}|{words(rng, 3)}|{nation}|{phone(rng, nation)}"
                     f"|{money(rng.randint(-99999, 999999))}|{rng.choice(SEGMENTS)}|{words(rng, 9)}")
    yield "customer", lines
    lines, items = [], []
    for number in range(orders):
        # Eight keys of every 32 are used, and a third of the customers never order.
        key = number // 8 * 32 + number % 8 + 1
        customer = rng.randint(1, customers)
        while customer % 3 == 0:
            customer = rng.randint(1, customers)
        ordered = FIRST_DAY + datetime.timedelta(days=rng.randrange(2406 - 151))
        total, open_lines, count = 0, 0, rng.randint(1, 7)
        for line in range(1, count + 1):
            part = rng.randint(1, parts)
            quantity, discount, tax = rng.randint(1, 50), rng.randint(0, 10), rng.randint(0, 8)
            extended = quantity * price(part)
            shipped = ordered + datetime.timedelta(days=rng.randint(1, 121))
            committed = ordered + datetime.timedelta(days=rng.randint(30, 90))
            received = shipped + datetime.timedelta(days=rng.randint(1, 30))
            status = "O" if shipped > TODAY else "F"
            open_lines += status == "O"
            flag = rng.choice("RA") if received <= TODAY else "N"
            total += extended * (100 + tax) * (100 - discount) // 10_000
            items.append(f"{key}|{part}|{supplier_of(part, rng.randrange(4), suppliers)}|{line}|{quantity}"
                         f"|{money(extended)}|0.{discount:02d}|0.{tax:02d}|{flag}|{status}|{shipped}|{committed}"
                         f"|{received}|{rng.choice(INSTRUCTIONS)}|{rng.choice(MODES)}|{words(rng, 4)[:44]}")
        status = "F" if open_lines == 0 else "O" if open_lines == count else "P"
        lines.append(f"{key}|{customer}|{status}|{money(total)}|{ordered}|{rng.choice(PRIORITIES)}"
                     f"|Clerk#{rng.randint(1, max(1, int(1000 * scale))):09d}|0|{words(rng, 7)[:79]}")
        if len(lines) == 5_000:
            yield "orders", lines
            yield "lineitem", items
            lines, items = [], []
    yield "orders", lines
    yield "lineitem", items


def psql(port, text, database, check=True):
    command = [PSQL, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(port), "-U", "admin",
               "-d", database]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if check and done.returncode != 0:
        sys.exit(f"port {port}: {done.stderr}")
    return done


def read(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def load(arguments):
    for port in arguments.port:
        names = "lineitem orders customer partsupp supplier part nation region".split()
        psql(port, "".join(f"drop table if exists {name};\n" for name in names) + read("schema.sql"), arguments.database)
    for table, lines in generate(arguments.scale):
        for start in range(0, len(lines), arguments.batch):
            data = "\n".join(lines[start:start + arguments.batch])
            text = f"copy {table} from stdin with (delimiter '|');\n{data}\n\\.\n"
            for port in arguments.port:
                psql(port, text, arguments.database)
    for port in arguments.port:
        psql(port, read("indexes.sql"), arguments.database)


def queries():
    parts = re.split(r"-- query (\d+)\n", read("queries.sql"))[1:]
    return {int(number): text for number, text in zip(parts[::2], parts[1::2])}


def timed(port, query, database):
    done = psql(port, f"set statement_timeout = '120s';\n\\timing on\n{query}", database, check=False)
    match = re.search(r"^Time: ([\d.]+) ms(?! \(.*\)\n.*Time:)", done.stdout, re.M)
    times = re.findall(r"^Time: ([\d.]+) ms", done.stdout, re.M)
    rows = [line for line in done.stdout.split("\n") if line and not line.startswith("Time:")]
    if done.returncode != 0 or match is None:
        return None, [done.stderr.strip()]
    return float(times[-1]), rows


def compare(arguments):
    wrong, ratios = [], []
    wanted = {int(number) for number in arguments.only.split(",")} if arguments.only else None
    for number, text in queries().items():
        if wanted and number not in wanted:
            continue
        mine, other = [], []
        for _ in range(arguments.runs):
            took, rows = timed(arguments.port[0], text, arguments.database)
            other_took, other_rows = timed(arguments.other, text, arguments.other_database or arguments.database)
            if took is None or other_took is None:
                break
            mine.append(took)
            other.append(other_took)
        if rows != other_rows or not mine:
            wrong.append(number)
            print(f"query {number:2}: DIFFERENT ANSWERS {len(rows)} {len(other_rows)} {rows[:2]} {other_rows[:2]}")
            if not mine:
                continue
        ratio = min(mine) / min(other)
        ratios.append(ratio)
        print(f"query {number:2}: {min(mine):9.1f} ms  {min(other):9.1f} ms  {ratio:6.2f}  {len(rows)} rows", flush=True)
    if ratios:
        mean = math.exp(sum(math.log(ratio) for ratio in ratios) / len(ratios))
        print(f"geometric mean {mean:.2f}, highest {max(ratios):.2f}, different answers: {wrong or 'none'}")
    sys.exit(1 if wrong else 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["load", "compare"])
    parser.add_argument("--port", type=int, action="append", required=True)
    parser.add_argument("--other", type=int)
    parser.add_argument("--database", default="postgres")
    parser.add_argument("--other-database")
    parser.add_argument("--scale", type=float, default=0.01)
    parser.add_argument("--batch", type=int, default=2_000, help="rows of one COPY, which is one transaction")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", help="numbers of queries")
    arguments = parser.parse_args()
    (load if arguments.action == "load" else compare)(arguments)


if __name__ == "__main__":
    main()
