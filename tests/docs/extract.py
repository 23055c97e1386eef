"""extract.py FOLDER DOCUMENT...: writes each ```cpp block that begins with #include to FOLDER and prints its path. One without main gets an empty one.

A block that begins otherwise is a fault: a snippet nobody compiles is a snippet nobody may trust. Mark what is only a shape as ```text.
"""
import pathlib
import re
import sys

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
wanted, faults = {}, []
for name in sys.argv[2:]:
    path = pathlib.Path(name)
    for number, match in enumerate(re.finditer(r"^```(?:cpp|c\+\+)\n(.*?)^```", path.read_text(), re.S | re.M), 1):
        code = match.group(1)
        if not code.startswith("#include"):
            faults.append(f"{path.name}: C++ block {number} does not begin with #include")
        if not re.search(r"\bint main\b", code):
            code += "\nint main() {}\n"
        wanted[folder / f"snippet_{path.stem.lower().replace('-', '_')}_{number}.cpp"] = code
for fault in faults:
    print(fault, file=sys.stderr)
for path, code in wanted.items():
    if not path.exists() or path.read_text() != code:
        path.write_text(code)
    print(path)
sys.exit(1 if faults else 0)
