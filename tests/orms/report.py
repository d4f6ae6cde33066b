"""What the Python programs here share: they print the tool's version and each thing that was seen to work."""


def tool(name, version):
    print(f"tool\t{name}\t{version}", flush=True)


def did(what):
    print(f"did\t{what}", flush=True)
