"""Every relative link in the documentation points at a file or folder that is there."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
faults = 0
for path in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
    for target in re.findall(r"\]\(([^)#\s]+)", re.sub(r"```.*?```|`[^`]*`", "", path.read_text(), flags=re.S)):
        if not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
            faults += 1
            print(f"{path.relative_to(root)}: {target} is not there")
print(f"{faults} broken links")
sys.exit(1 if faults else 0)
