"""check_arrows must see every kind of fault it exists for."""
import pathlib
import sys
import tempfile

from check_arrows import check

CMAKE = "tkb_component(core PRIVATE x)\ntkb_component(ports DEPENDS core)\ntkb_component(gateway DEPENDS core PRIVATE y)\ntkb_component(sqlite DEPENDS ports)\n"
CASES = [
    ("src/gateway/a.cpp", "#include <ticketbottle/ports/clock.hpp>", 1),   # sideways
    ("src/core/a.cpp", "#include \"gateway/fields.hpp\"", 1),              # upwards
    ("src/sqlite/a.cpp", "#include \"core/json.hpp\"", 0),                 # down, through ports
    ("src/sqlite/a.cpp", "#include <sqlite3.h>", 0),
    ("src/gateway/a.cpp", "#include <sqlite3.h>", 1),                      # a library of another room
    ("include/ticketbottle/sqlite/a.hpp", "#include <sqlite3.h>", 1),      # a library in a public header
    ("include/ticketbottle/core/a.hpp", "#include \"core/json.hpp\"", 1),  # internal in public
    ("include/ticketbottle/core/result.hpp", "#include <boost/system/result.hpp>", 0),
    ("src/nowhere/a.cpp", "", 1),
]

bad = 0
for name, text, expected in CASES:
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for made in ("src", "include/ticketbottle"):
            (root / made).mkdir(parents=True)
        (root / "src/CMakeLists.txt").write_text(CMAKE)
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
        got = check(root)
        if len(got) != expected:
            bad += 1
            print(f"{name} with {text!r}: expected {expected} faults, got {got}")
print(f"{len(CASES) - bad} passed, {bad} failed")
sys.exit(1 if bad else 0)
