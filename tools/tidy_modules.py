# SPDX-License-Identifier: Apache-2.0
"""Rules about modules, a header and its source, and what they include: tidy.py checks them."""
import collections
import re

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)


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
    """A list of modules of which each includes the next, and the last the first; or None."""
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


def check_modules(files):
    circle = find_circle(includes_of_modules(files))
    if circle:
        way = " -> ".join([*circle, circle[0]])
        yield f"{circle[0]}.h", 1, f"includes go in a circle: {way}"
