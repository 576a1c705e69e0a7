#!/usr/bin/env python3
"""Checks who includes whom: the dependence table of platform/README.md as a test.

usage: include_rules.py ROOT         checks the tree; prints FILE:LINE: SENTENCE for each violation, exits 1 if there is one
       include_rules.py --self-test  checks the checks with snippets that violate each rule and some that do not
"""

import os
import re
import sys

# What a folder of platform/ may include of platform/, beside itself.
PLATFORM = {
    "base": set(),
    "http": {"base"},
    "websocket": {"base"},
    "net": {"base"},
    "policy": {"base"},
    "metrics": {"base"},
    "store": {"base"},
    "json": {"base"},
    "actor": {"base", "net", "policy", "metrics"},
    "server": {"http", "websocket", "net", "actor", "policy", "metrics", "base"},
    "app": {"server", "actor", "metrics", "base", "net", "http"},
}

# Where a third party lives, or what few may use: (start of the include, what the path must match, the home in words).
HOMES = [
    ("boost/beast", r"platform/http/[^/]+\.cpp|services/retail/.*", "platform/http/*.cpp and services/retail"),
    ("boost/json", r"platform/json/.*|services/retail/.*", "platform/json and services/retail, which is a client"),
    ("spdlog/", r"platform/base/log\.cpp", "platform/base/log.cpp"),
    ("zlib.h", r"platform/(http/gzip|websocket/message_(inflater|deflater))\.cpp",
     "platform/http/gzip.cpp and platform/websocket/message_*.cpp"),
    ("platform/http/unchecked_fields.hpp", r"platform/(http|server)/[^/]+\.cpp", "platform/http/*.cpp and platform/server/*.cpp, which write fields that no handler may"),
    ("liburing", r"platform/net/ring\.cpp", "platform/net/ring.cpp"),
    ("sqlite3.h", r"platform/store/.*", "platform/store"),
    ("yaml-cpp/", r"platform/app/options\.cpp", "platform/app/options.cpp"),
    ("openssl/ssl", r"platform/net/[^/]+\.cpp", "platform/net/*.cpp"),
    ("caf/", r"(?!platform/(base|http|websocket|net|policy|metrics|store|json)/).*", "actor, server, app and the services"),
]

# Composition: these may include any service.
COMPOSES = {"services/main.cpp", "services/tiers.cpp", "services/tiers.hpp", "services/import_command.cpp",
            "services/import_command.hpp"}

TOP_LEVEL = {"CMakeLists.txt", "CMakePresets.json", "README.md", "platform", "services", "proto", "deploy", "tests",
             "loadtest", ".clang-format", ".clang-tidy", ".gitignore", ".ci", ".git"}
UNTRACKED = {"build", "data"}  # what .gitignore names

LINES, TEST_LINES = 500, 800
# A remote that knows the hash can choose texts that share a bucket.
TABLE_HOME = "platform/base/map_by_text.hpp"
OPEN_TABLE = re.compile(r"\bstd::(unordered_(multi)?(map|set)<\s*std::(string|string_view)\b|hash<\s*std::(string|string_view)\b)")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
CODE = (".cpp", ".hpp")
CHECKED = CODE + (".py", ".proto", ".cmake", ".sh")


def platform_fault(folder, included):
    """Why a file of platform/FOLDER may not include this, or None."""
    if included.startswith("services/"):
        return "platform never includes a service"
    parts = included.split("/")
    if included.endswith(".pb.h") and parts[0] != "google" and not (folder == "json" and parts[0] == "rules"):
        return f"platform/{folder} must not know the messages of {parts[0]}"
    if parts[0] != "platform" or len(parts) < 3:
        return None
    if parts[1] == folder or parts[1] in PLATFORM.get(folder, set()):
        return None
    if folder not in PLATFORM:
        return f"platform/{folder} is not in the dependence table"
    return f"platform/{folder} must not depend on platform/{parts[1]}"


def service_fault(path, included, services):
    """Why a file of services/ may not include this, or None."""
    if path in COMPOSES:
        return None
    parts = path.split("/")
    own = parts[1] if len(parts) > 2 else None
    target = included.split("/")
    if target[0] == "services" and target[1] != own:
        if len(target) > 2 and target[-1] == "contract.hpp":
            return None
        return f"{own or path} may include of another service its contract.hpp only"
    if included.endswith(".pb.h") and target[0] in services and target[0] != own:
        return f"{own or path} must not know the messages of {target[0]}"
    return None


def include_fault(path, included, services):
    if path.startswith("platform/"):
        fault = platform_fault(path.split("/")[1], included)
    elif path.startswith("services/"):
        fault = service_fault(path, included, services)
    else:
        return None
    if fault:
        return fault
    for start, allowed, home in HOMES:
        if included.startswith(start) and not re.fullmatch(allowed, path):
            return f"{included} is included in {home} only"
    return None


def check_file(path, text, services):
    """Yields (line, sentence) for each violation in one file."""
    lines = text.split("\n")
    count = len(lines) - 1 if text.endswith("\n") else len(lines)
    most = TEST_LINES if path.startswith("tests/") else LINES
    if path.endswith(CHECKED) and count > most:
        yield most + 1, f"the file has {count} lines, more than {most}: it holds more than one idea"
    if not path.endswith(CODE):
        return
    if path.endswith(".hpp") and "#pragma once" not in lines:
        yield 1, "a header begins with #pragma once"
    for number, line in enumerate(lines, 1):
        if path.startswith(("platform/", "services/")) and path != TABLE_HOME and OPEN_TABLE.search(line):
            yield number, "a hash table of texts is base::map_by_text, whose hash nobody outside can foresee"
        found = INCLUDE.match(line)
        if not found:
            continue
        included = found.group(1)
        if ".." in included.split("/"):
            yield number, "includes are named from the root of the repository"
            continue
        fault = include_fault(path, included, services)
        if fault:
            yield number, fault


def check_names(names):
    for name in sorted(set(names) - TOP_LEVEL - UNTRACKED):
        yield name, 1, "is not one of the names that the top level may hold"


def check_tree(root):
    services = {name for name in os.listdir(os.path.join(root, "services"))
                if os.path.isdir(os.path.join(root, "services", name))}
    faults = list(check_names(os.listdir(root)))
    files = 0
    for top in ("platform", "services", "proto", "loadtest", "tests"):
        for folder, folders, names in os.walk(os.path.join(root, top)):
            folders[:] = sorted(f for f in folders if f != "__pycache__")
            for name in sorted(names):
                path = os.path.relpath(os.path.join(folder, name), root)
                if not name.endswith(CHECKED):
                    continue
                files += 1
                with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
                    faults += [(path, line, what) for line, what in check_file(path, file.read(), services)]
    if files == 0:
        sys.exit(f"{root}: no sources found: give the root of the repository")
    return faults, files


# (path, text, the line of the violation or None)
SNIPPETS = [
    ("platform/base/a.cpp", '#include "platform/base/error.hpp"\n#include <string>\n', None),
    ("platform/base/a.cpp", '#include "platform/http/request.hpp"\n', 1),
    ("platform/http/a.cpp", '#include "platform/http/request.hpp"\n#include "platform/base/error.hpp"\n', None),
    ("platform/http/a.cpp", '\n#include "platform/net/socket.hpp"\n', 2),
    ("platform/net/a.cpp", '#include "platform/http/request.hpp"\n', 1),
    ("platform/websocket/a.cpp", '#include "platform/base/escape.hpp"\n#include "platform/http/request.hpp"\n', 2),
    ("platform/websocket/a.cpp", '#include <caf/actor.hpp>\n', 1),
    ("platform/server/a.cpp", '#include "platform/websocket/frame_parser.hpp"\n', None),
    ("platform/policy/a.cpp", '#include "platform/metrics/registry.hpp"\n', 1),
    ("platform/metrics/a.cpp", '#include "platform/policy/restart_policy.hpp"\n', 1),
    ("platform/store/a.cpp", '#include "platform/json/document.hpp"\n', 1),
    ("platform/json/a.cpp", '#include "rules/v1/rules.pb.h"\n#include <google/protobuf/message.h>\n', None),
    ("platform/json/a.cpp", '#include "catalog/v1/catalog.pb.h"\n', 1),
    ("platform/server/a.cpp", '#include "rules/v1/rules.pb.h"\n', 1),
    ("platform/actor/a.cpp", '#include "platform/net/poller.hpp"\n#include <caf/actor.hpp>\n', None),
    ("platform/actor/a.cpp", '#include "platform/http/request.hpp"\n', 1),
    ("platform/actor/a.cpp", '#include "platform/server/server.hpp"\n', 1),
    ("platform/server/a.cpp", '#include "platform/http/request.hpp"\n#include "platform/actor/service.hpp"\n', None),
    ("platform/server/a.cpp", '#include "platform/app/options.hpp"\n', 1),
    ("platform/server/a.cpp", '#include "platform/store/sqlite.hpp"\n', 1),
    ("platform/app/a.cpp", '#include "platform/server/server.hpp"\n', None),
    ("platform/app/a.cpp", '#include "platform/store/sqlite.hpp"\n', 1),
    ("platform/app/a.cpp", '#include "services/catalog/contract.hpp"\n', 1),
    ("platform/remote/a.cpp", '#include "platform/base/error.hpp"\n', 1),
    ("platform/http/request_parser.cpp", '#include <boost/beast/http.hpp>\n', None),
    ("platform/http/a.hpp", '#pragma once\n#include <boost/beast/http.hpp>\n', 2),
    ("platform/server/a.cpp", '#  include <boost/beast/core.hpp>\n', 1),
    ("services/retail/a.cpp", '#include <boost/beast/http.hpp>\n', None),
    ("services/catalog/a.cpp", '#include <boost/beast/http.hpp>\n', 1),
    ("platform/json/a.cpp", '#include <boost/json/object.hpp>\n', None),
    ("services/catalog/a.cpp", '#include <boost/json.hpp>\n', 1),
    ("platform/base/log.cpp", '#include <spdlog/spdlog.h>\n', None),
    ("platform/server/a.cpp", '#include <spdlog/spdlog.h>\n', 1),
    ("platform/store/a.cpp", '#include <sqlite3.h>\n', None),
    ("platform/http/gzip.cpp", '#include <zlib.h>\n', None),
    ("platform/websocket/message_inflater.cpp", '#include <zlib.h>\n', None),
    ("platform/websocket/frame_parser.cpp", '#include <zlib.h>\n', 1),
    ("platform/server/a.cpp", '#include <zlib.h>\n', 1),
    ("services/payment/a.cpp", '#include <sqlite3.h>\n', 1),
    ("platform/app/options.cpp", '#include <yaml-cpp/yaml.h>\n', None),
    ("platform/app/tier.cpp", '#include <yaml-cpp/yaml.h>\n', 1),
    ("platform/net/a.cpp", '#include <caf/actor.hpp>\n', 1),
    ("platform/net/a.cpp", '#include <openssl/ssl.h>\n', None),
    ("platform/net/a.hpp", '#pragma once\n#include <openssl/ssl.h>\n', 2),
    ("platform/server/a.cpp", '#include <openssl/ssl.h>\n', 1),
    ("platform/store/a.cpp", '#include <caf/actor.hpp>\n', 1),
    ("platform/server/a.cpp", '#include "platform/http/unchecked_fields.hpp"\n', None),
    ("platform/server/a.hpp", '#pragma once\n#include "platform/http/unchecked_fields.hpp"\n', 2),
    ("platform/app/a.cpp", '#include "platform/http/unchecked_fields.hpp"\n', 1),
    ("services/catalog/a.cpp", '#include "platform/http/unchecked_fields.hpp"\n', 1),
    ("services/catalog/a.cpp", '#include <caf/actor.hpp>\n#include "platform/store/sqlite.hpp"\n', None),
    ("services/catalog/a.cpp", '#include "services/catalog/model.hpp"\n#include "catalog/v1/catalog.pb.h"\n', None),
    ("services/catalog/a.cpp", '#include "services/stats/contract.hpp"\n', None),
    ("services/catalog/a.cpp", '#include "services/stats/model.hpp"\n', 1),
    ("services/catalog/a.cpp", '#include "services/tiers.hpp"\n', 1),
    ("services/catalog/a.cpp", '#include "stats/v1/stats.pb.h"\n', 1),
    ("services/other.cpp", '#include "services/stats/model.hpp"\n', 1),
    ("services/main.cpp", '#include "services/catalog/service.hpp"\n#include "services/tiers.hpp"\n', None),
    ("services/tiers.cpp", '#include "services/stats/service.hpp"\n', None),
    ("services/import_command.cpp", '#include "services/retail/commands.hpp"\n', None),
    ("services/catalog/a.cpp", '#include "../stats/model.hpp"\n', 1),
    ("services/catalog/a.cpp", "base::map_by_text<int> all;\nstd::unordered_map<std::uint64_t, int> ours;\n", None),
    ("services/catalog/a.cpp", "\nstd::unordered_map<std::string, int> all;\n", 2),
    ("platform/net/a.cpp", "std::unordered_set<std::string_view> all;\n", 1),
    ("platform/net/a.cpp", "return std::hash<std::string_view>{}(text);\n", 1),
    ("tests/platform/a_test.cpp", "std::hash<std::string_view>{}(text);\n", None),
    ("platform/base/a.hpp", "#include <string>\n", 1),
    ("platform/base/a.hpp", "// A comment first.\n#pragma once\n", None),
    ("platform/base/a.cpp", '// #include "services/catalog/model.hpp"\n', None),
    ("platform/base/a.cpp", "\n" * 500, None),
    ("platform/base/a.cpp", "\n" * 501, 501),
    ("tests/platform/a_test.cpp", "\n" * 800, None),
    ("tests/platform/a_test.cpp", "\n" * 801, 801),
    ("tests/system/a.py", "\n" * 801, 801),
    ("tests/platform/a_test.cpp", '#include <sqlite3.h>\n', None),
]


def self_test():
    services = {"catalog", "payment", "stats", "retail", "hello"}
    wrong = 0
    for path, text, expected in SNIPPETS:
        found = [line for line, _ in check_file(path, text, services)]
        if found != ([] if expected is None else [expected]):
            wrong += 1
            print(f"{path}: {text[:80]!r}: expected a violation in line {expected}, found {found}")
    names = [name for name, _, _ in check_names(["platform", "utils", "notes.txt", "build"])]
    if names != ["notes.txt", "utils"]:
        wrong += 1
        print(f"top level: found {names}")
    print(f"{len(SNIPPETS) + 1} checks, {wrong} wrong")
    return wrong


def main(arguments):
    if arguments == ["--self-test"]:
        return 1 if self_test() else 0
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    faults, files = check_tree(arguments[0])
    for path, line, what in faults:
        print(f"{path}:{line}: {what}")
    print(f"{files} files, {len(faults)} violations")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
