"""Fails on a wrong arrow between rooms.

A room may include its own headers and those of the rooms its tkb_component line in src/CMakeLists.txt names (and theirs). A third-party
library may be included only by the rooms listed below, and never by a public header (core/result.hpp's Boost.System apart).
"""
import pathlib
import re
import sys

THIRD_PARTY = {  # include prefix -> rooms that may use it in their sources
    "boost/json": {"core"},
    "boost/asio": {"host", "http"},
    "boost/beast": {"host", "http"},
    "boost/": {"core", "host", "http"},
    "openssl/": {"core", "gateway", "host", "http"},
    "sqlite3.h": {"sqlite"},
    "librdkafka/": {"kafka"},
    "libpq": {"postgres"},
    "mysql.h": {"mariadb"},
    "errmsg.h": {"mariadb"},
    "podofo/": {"ticket"},
    "qrcodegen/": {"ticket"},
}
ONE_FILE = {"podofo/": 1}  # at most this many files may include it
PUBLIC_EXCEPTION = {("core/result.hpp", "boost/system/result.hpp")}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]', re.M)


def components(text):
    """room -> rooms it may use, transitively."""
    direct = {}
    for match in re.finditer(r"tkb_component\((\w+)([^)]*)\)", text):
        room, rest = match.group(1), match.group(2).split()
        names, on = set(), False
        for word in rest:
            if word in ("DEPENDS", "PRIVATE"):
                on = word == "DEPENDS"
            elif on:
                names.add(word)
        direct[room] = names
    closed = {}

    def close(room, path=()):
        if room in path:
            raise SystemExit("arrows in a circle: " + " -> ".join((*path, room)))
        if room not in direct:
            raise SystemExit(f"src/CMakeLists.txt: no room named {room}")
        if room not in closed:
            closed[room] = set(direct[room]).union(*(close(d, (*path, room)) for d in direct[room]))
        return closed[room]

    for room in direct:
        close(room)
    return closed


def files(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in (".hpp", ".cpp", ".h"))


def check(root):
    root = pathlib.Path(root)
    allowed = components((root / "src/CMakeLists.txt").read_text())
    faults, users = [], {}
    for tree, public in ((root / "include/ticketbottle", True), (root / "src", False)):
        for path in files(tree):
            room = path.relative_to(tree).parts[0]
            where = path.relative_to(root)
            if room == "c" or len(path.relative_to(tree).parts) == 1:
                continue
            if room not in allowed:
                faults.append(f"{where}: {room} is no room of src/CMakeLists.txt")
                continue
            for include in INCLUDE.findall(path.read_text()):
                for prefix, rooms in THIRD_PARTY.items():
                    if include.startswith(prefix):
                        users.setdefault(prefix, set()).add(str(where))
                        if public and (str(path.relative_to(tree)), include) not in PUBLIC_EXCEPTION:
                            faults.append(f"{where}: a public header includes <{include}>")
                        elif not public and room not in rooms:
                            faults.append(f"{where}: {room} may not include <{include}>")
                        break
                parts = include.removeprefix("ticketbottle/").split("/")
                target = parts[0]
                if len(parts) > 1 and target in allowed and target != room and target not in allowed[room]:
                    faults.append(f"{where}: {room} may not use {target} (<{include}>)")
                if public and len(parts) > 1 and target in allowed and not include.startswith("ticketbottle/"):
                    faults.append(f"{where}: a public header includes the internal \"{include}\"")
    for prefix, count in ONE_FILE.items():
        if len(users.get(prefix, ())) > count:
            faults.append(f"<{prefix}> is included by {len(users[prefix])} files: {', '.join(sorted(users[prefix]))}")
    return faults


if __name__ == "__main__":
    found = check(sys.argv[1])
    for fault in found:
        print(fault)
    print(f"{len(found)} wrong arrows")
    sys.exit(1 if found else 0)
