# SPDX-License-Identifier: Apache-2.0
"""Rules about rooms, the folders of the C++ code, and their includes: tidy.py checks them."""
import collections
import pathlib
import re

FOLDER_FILES_MAX = 40

# Each room, and the rooms that it may include; it may also include itself and what those include.
ROOMS = {
    "core": [],
    "core/segments": ["core"],
    "core/history": ["core/segments"],
    "core/web_socket": ["core"],
    "io": ["core"],
    "io/tls": ["core"],
    "database": ["core"],
    "sandbox": ["core"],
    "capture/picture": ["core/segments"],
    "capture/change": ["capture/picture"],
    "capture/jpeg": ["capture/change"],
    "capture/draw": ["capture/jpeg"],
    "capture/source": ["capture/draw"],
    "capture/v4l2": ["capture/source"],
    "capture/relay": ["capture/source", "core/web_socket"],
    "capture/libcamera": ["capture/source"],
    "capture/nats": ["capture/relay"],
    "capture/camera": ["capture/v4l2", "capture/nats", "capture/libcamera",
                       "core/history"],
    "http/auth": ["io"],
    "http/protocol": ["io/tls", "http/auth", "core/web_socket"],
    "http/page": ["http/protocol"],
    "http/state": ["http/page", "database"],
    "http/delivery": ["core/history", "http/state"],
    "http/takeover": ["http/delivery"],
    "http/report": ["http/delivery"],
    "http/answer": ["http/report"],
    "http/shard": ["http/answer", "http/takeover"],
    "tools/flags": ["core"],
    "tools/load": ["tools/flags", "core/segments", "core/web_socket"],
    "tools/options": ["tools/flags", "capture/camera", "http/state", "sandbox"],
    "tools/commands": ["tools/flags", "http/state"],
    "tools/takeover": ["tools/flags", "http/takeover"],
    "tools/pressure": ["core"],
    "tools/server": ["tools/options", "tools/commands", "tools/takeover", "tools/pressure",
                     "http/shard"],
}
# These may include everything, and nothing above includes them.
OUTSIDE = ("bench", "tests")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)


def room_of(path):
    """The room that a file is in, or its folder of OUTSIDE; None: in neither."""
    folder = str(pathlib.PurePosixPath(path).parent)
    if folder in ROOMS:
        return folder
    return path.split("/")[0] if path.split("/")[0] in OUTSIDE else None


def rooms_below(room):
    found = {room}
    for other in ROOMS[room]:
        found |= rooms_below(other)
    return found


def check_include(path, name):
    """The complaint about `#include "name"` in the file `path`; None: it is allowed."""
    room, other = room_of(path), room_of(name)
    if other is None:
        return f'#include "{name}"; name it from the root of the tree'
    if room in OUTSIDE or room is None or other in rooms_below(room):
        return None
    return f"{room}/ may not include {other}/; they meet in a room below both"


def module_of(path):
    return re.sub(r"\.(h|cpp)$", "", path)


def includes_of_modules(files):
    """Which modules each module includes; `files` maps paths to texts."""
    includes = collections.defaultdict(set)
    for path, text in files.items():
        if path.endswith((".h", ".cpp")):
            module = module_of(path)
            includes[module] |= {module_of(name) for name in INCLUDE.findall(text)} - {module}
    return includes


def find_circle(includes):
    """A list of modules in which each includes the next, and the last the first; or None."""
    done = set()
    for start in sorted(includes):
        path, iterators = [start], [iter(sorted(includes[start]))]
        while path and start not in done:
            following = next(iterators[-1], None)
            if following is None:
                done.add(path.pop())
                iterators.pop()
            elif following in path:
                return path[path.index(following):]
            elif following not in done:
                path.append(following)
                iterators.append(iter(sorted(includes.get(following, ()))))
    return None


def check_tree(files):
    folders = collections.Counter(str(pathlib.PurePosixPath(path).parent) for path in files)
    for folder, count in folders.items():
        if count > FOLDER_FILES_MAX:
            yield folder, 1, f"{count} files; at most {FOLDER_FILES_MAX}: split it"
    for path in files:
        if path.endswith((".h", ".cpp")) and room_of(path) is None:
            yield path, 1, "is in no room (tidy_rooms.py)"
    circle = find_circle(includes_of_modules(files))
    if circle:
        way = " -> ".join([*circle, circle[0]])
        yield f"{circle[0]}.h", 1, f"circular includes: {way}"
