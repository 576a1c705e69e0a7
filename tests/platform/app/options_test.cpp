#include "platform/app/options.hpp"

#include "tests/platform/app/temporary_dir.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe::app;
using troupe::app::test::temporary_dir;
using troupe::base::errc;
namespace base = troupe::base;

namespace {

base::result<void> load_text(options& o, std::string_view text, origins& from) {
  const temporary_dir dir;
  const auto file = dir.path() / "troupe.yaml";
  std::ofstream(file) << text;
  return load_file(o, file, from);
}

std::string error_of_text(std::string_view text) {
  options o;
  origins from;
  const auto got = load_text(o, text, from);
  if (got.has_value()) return "";
  CHECK(got.error().code == errc::invalid_argument);
  return got.error().detail;
}

base::result<void> load_variables(options& o, std::vector<std::string> variables, origins& from) {
  std::vector<char*> environment;
  for (auto& v : variables) environment.push_back(v.data());
  environment.push_back(nullptr);
  return load_environment(o, environment.data(), from);
}

std::string shown(const options& o, std::string_view key) {
  for (const auto& s : settings()) {
    if (s.key == key) return s.show(o);
  }
  return "no such setting";
}

} // namespace

TEST_CASE("each setting has one key, one variable and a help") {
  std::set<std::string> keys, variables;
  for (const auto& s : settings()) {
    INFO(s.key);
    CHECK(keys.insert(std::string(s.key)).second);
    std::string variable(s.key);
    std::replace(variable.begin(), variable.end(), '.', '_');
    CHECK(variables.insert(variable).second);
    CHECK(s.help.size() > 5);
  }
}

TEST_CASE("the default of each setting, as it is shown, can be applied") {
  for (const auto& s : settings()) {
    INFO(s.key);
    const options defaults;
    options changed;
    const auto applied = apply(changed, s.key, s.show(defaults));
    CHECK(applied.has_value());
    CHECK(describe(changed, {}) == describe(defaults, {}));
  }
}

TEST_CASE("what describe prints is a file that can be loaded") {
  options o;
  REQUIRE(apply(o, "listen", "127.0.0.1:0").has_value());
  REQUIRE(apply(o, "connections.idle_timeout", "7s").has_value());
  REQUIRE(apply(o, "services", "stats,catalog").has_value());
  options again;
  origins from;
  const auto loaded = load_text(again, describe(o, {}), from);
  REQUIRE(loaded.has_value());
  CHECK(describe(again, {}) == describe(o, {}));
  CHECK(from.size() == settings().size());
}

TEST_CASE("a key that a file gives twice is refused") {
  CHECK(error_of_text("listen: 127.0.0.1:1\nlisten: 127.0.0.1:2\n") == "troupe.yaml:2: 'listen' is given twice");
  CHECK(error_of_text("connections.backlog: 1\nconnections: {backlog: 2}\n") == "troupe.yaml:2: 'connections.backlog' is given twice");
}

TEST_CASE("aliases can make a file neither endless nor huge") {
  CHECK(error_of_text("&a connections: *a\n").find("troupe.yaml:1: ") == 0);
  std::string many = "a: &a {";
  for (int i = 0; i < 40; ++i) many += "k" + std::to_string(i) + ": {}, ";
  CHECK(error_of_text(many + "}\nb: {x: &b {x: *a, y: *a}, y: &c {x: *b, y: *b}, z: &d {x: *c, y: *c}, e: {x: *d, y: *d, z: *d, a: *d}}\n").find("more than 1000 keys") != std::string::npos);
  CHECK(error_of_text("a: &a {b: 1}\nb: [*a, *a]\n").find("troupe.yaml:1: ") == 0);
}

TEST_CASE("a file of more than 1 MiB, and none at all, are refused") {
  CHECK(error_of_text("#" + std::string(1024 * 1024, ' ')).find("has more than 1 MiB") != std::string::npos);
  CHECK(error_of_text("#" + std::string(1024 * 1024 - 1, ' ')).empty());
  options o;
  origins from;
  const temporary_dir dir;
  CHECK(load_file(o, dir.path(), from).error().detail.find("cannot read the configuration file") == 0);
}

TEST_CASE("settings change what they say") {
  options o;
  const struct {
    std::string_view key, value, shown;
  } cases[] = {
      {"services", "catalog,stats", "catalog,stats"},
      {"services", "", ""},
      {"listen", "[::]:80", "[::]:80"},
      {"admin", "localhost:0", "localhost:0"},
      {"data_dir", "/srv/troupe", "/srv/troupe"},
      {"log.level", "debug", "debug"},
      {"log.format", "json", "json"},
      {"scheduler.workers", "256", "256"},
      {"connections.acceptors", "64", "64"},
      {"connections.head_timeout", "100ms", "100ms"},
      {"connections.idle_timeout", "2m", "120000ms"},
      {"connections.write_timeout", "3s", "3000ms"},
      {"connections.sessions_per_peer", "7", "7"},
      {"connections.body_rate", "0", "0"},
      {"connections.body_rate_after", "3s", "3000ms"},
      {"connections.proxy_protocol", "required", "required"},
      {"proxies.trusted", "10.0.0.0/8,::1", "10.0.0.0/8,::1/128"},
      {"proxies.trusted", "", ""},
      {"requests.body_bytes", "0", "0B"},
      {"requests.body_bytes", "64KiB", "65536B"},
      {"requests.body_bytes", "2MiB", "2097152B"},
      {"requests.body_bytes", "1GiB", "1073741824B"},
      {"requests.head_bytes", "1024", "1024B"},
      {"tls.certificates", "a.pem:a.key,both.pem", "a.pem:a.key,both.pem:both.pem"},
      {"tls.certificates", "", ""},
      {"tls.client_ca", "ca.pem", "ca.pem"},
      {"tls.client_certificates", "required", "required"},
      {"tls.min_version", "1.3", "1.3"},
      {"tls.kernel", "false", "false"},
      {"tls.admin", "true", "true"},
      {"connections.tls_handshake_timeout", "1s", "1000ms"},
      {"drain.grace", "0ms", "0ms"},
      {"responses.gzip", "off", "off"},
      {"responses.gzip_level", "9", "9"},
      {"files.directory", "/srv/www", "/srv/www"},
      {"files.directory", "", ""},
      {"files.path", "/", "/"},
      {"files.path", "/a/b-c_d.e~/", "/a/b-c_d.e~/"},
      {"files.max_age", "1m", "60000ms"},
  };
  for (const auto& c : cases) {
    INFO(c.key << " " << c.value);
    CHECK(apply(o, c.key, c.value).has_value());
    CHECK(shown(o, c.key) == c.shown);
  }
  CHECK(o.listen.host == "::");
  CHECK(o.limits.idle_timeout == 120s);
  CHECK(o.limits.request.body_bytes == 1024u * 1024 * 1024);
}

TEST_CASE("a bad value is refused with the key, what was expected and what was got, and changes nothing") {
  const struct {
    std::string_view key, value;
  } cases[] = {
      {"tier", ""},
      {"tier", "data"},
      {"responses.gzip", "yes"},
      {"responses.gzip_level", "0"},
      {"responses.gzip_level", "10"},
      {"files.path", ""},
      {"files.path", "static/"},
      {"files.path", "/static"},
      {"files.path", "//static/"},
      {"files.path", "/../"},
      {"files.path", "/{x}/"},
      {"files.path", "/a b/"},
      {"services", ",catalog"},
      {"services", "catalog,,stats"},
      {"services", "catalog,"},
      {"listen", "8080"},
      {"listen", "localhost:"},
      {"listen", "localhost:70000"},
      {"data_dir", ""},
      {"store", "mysql"},
      {"log.level", "loud"},
      {"log.level", "INFO"},
      {"log.format", "xml"},
      {"scheduler.workers", "257"},
      {"scheduler.workers", "-1"},
      {"scheduler.workers", "+1"},
      {"scheduler.workers", ""},
      {"scheduler.workers", "2.5"},
      {"scheduler.workers", "0x2"},
      {"scheduler.workers", " 2"},
      {"scheduler.workers", "99999999999999999999"},
      {"connections.acceptors", "0"},
      {"connections.backlog", "0"},
      {"connections.sessions", "0"},
      {"connections.head_timeout", "5000"},
      {"connections.head_timeout", "99ms"},
      {"connections.head_timeout", "5h"},
      {"connections.head_timeout", "5 s"},
      {"connections.head_timeout", "s"},
      {"connections.head_timeout", "-5s"},
      {"connections.head_timeout", "1.5s"},
      {"connections.head_timeout", "18446744073709551615m"},
      {"connections.head_timeout", "307445734561826m"},
      {"connections.proxy_protocol", "on"},
      {"connections.body_rate_after", "99ms"},
      {"proxies.trusted", "10.0.0.1/8"},
      {"proxies.trusted", "localhost"},
      {"requests.head_bytes", "1023"},
      {"requests.head_bytes", "61441"},
      {"requests.head_bytes", "16kb"},
      {"requests.head_bytes", "18014398509481985KiB"},
      {"requests.body_bytes", "1025MiB"},
      {"requests.fields", "1001"},
      {"drain.grace", "601s"},
  };
  for (const auto& c : cases) {
    INFO(c.key << " '" << c.value << "'");
    options o;
    const auto got = apply(o, c.key, c.value);
    REQUIRE(got.has_error());
    CHECK(got.error().code == errc::invalid_argument);
    CHECK(got.error().detail.find(std::string(c.key) + ": expected ") == 0);
    CHECK(got.error().detail.find("'" + std::string(c.value) + "'") != std::string::npos);
    CHECK(describe(o, {}) == describe(options(), {}));
  }
}

TEST_CASE("of trusted networks none is empty, and there are at most 64") {
  options o;
  for (const auto* text : {",", "10.0.0.0/8,", ",10.0.0.0/8", "::1,,::2"}) CHECK(apply(o, "proxies.trusted", text).has_error());
  std::string many = "10.0.0.0";
  for (int i = 1; i < 64; ++i) many += ",10.0.0." + std::to_string(i);
  CHECK(apply(o, "proxies.trusted", many).has_value());
  CHECK(o.proxies.trusted.size() == 64);
  CHECK(apply(o, "proxies.trusted", many + ",10.0.0.64").has_error());
  CHECK(o.proxies.trusted.size() == 64);
}

TEST_CASE("an unknown setting is refused by name") {
  options o;
  for (const auto* key : {"", "liste", "connections", "connections.", "Listen", "connections.idle_timeout.x"}) {
    INFO(key);
    const auto got = apply(o, key, "1");
    REQUIRE(got.has_error());
    CHECK(got.error().detail.find("unknown setting '" + std::string(key) + "'") == 0);
  }
}

TEST_CASE("a file of nested and dotted keys is loaded, and each origin is its line") {
  options o;
  origins from;
  const auto loaded = load_text(o,
                                "# a comment\n"
                                "listen: 127.0.0.1:8081\n"
                                "connections:\n"
                                "  idle_timeout: 7s\n"
                                "  sessions: 12\n"
                                "requests.body_bytes: 2MiB\n"
                                "services: [catalog, stats]\n",
                                from);
  REQUIRE(loaded.has_value());
  CHECK(o.listen.port == 8081);
  CHECK(o.limits.idle_timeout == 7s);
  CHECK(o.limits.sessions == 12);
  CHECK(o.limits.request.body_bytes == 2u * 1024 * 1024);
  CHECK(o.services == std::vector<std::string>{"catalog", "stats"});
  CHECK(from == origins{{"listen", "troupe.yaml:2"},
                        {"connections.idle_timeout", "troupe.yaml:4"},
                        {"connections.sessions", "troupe.yaml:5"},
                        {"requests.body_bytes", "troupe.yaml:6"},
                        {"services", "troupe.yaml:7"}});
  CHECK(describe(o, from).find("listen: 127.0.0.1:8081  # troupe.yaml:2; ") != std::string::npos);
  CHECK(describe(o, from).find("admin: 127.0.0.1:9090  # default; ") != std::string::npos);
}

TEST_CASE("an empty file changes nothing") {
  for (const auto* text : {"", "\n\n", "# only a comment\n", "---\n"}) CHECK(error_of_text(text).empty());
}

TEST_CASE("C-135: an error in a file is told with its line") {
  const struct {
    std::string_view text, begins, holds;
  } cases[] = {
      {"listen: 127.0.0.1:80\nlisten_too: 1\n", "troupe.yaml:2: ", "unknown setting 'listen_too'"},
      {"connections:\n  sessions: many\n", "troupe.yaml:2: ", "connections.sessions: expected a number"},
      {"connections:\n  idle: 1\n", "troupe.yaml:2: ", "unknown setting 'connections.idle'"},
      {"listen: [\n", "troupe.yaml:", ""},
      {"a: 1\nb: \"\n", "troupe.yaml:", ""},
      {"listen: 1\n\tadmin: 2\n", "troupe.yaml:", ""},
      {"just a text\n", "troupe.yaml: ", "expected keys and values"},
      {"- a\n- b\n", "troupe.yaml: ", "expected keys and values"},
      {"[a, b]: 1\n", "troupe.yaml:1: ", "expected a key"},
      {"listen: {}\nadmin: nowhere\n", "troupe.yaml:2: ", "admin: expected HOST:PORT"},
  };
  for (const auto& c : cases) {
    INFO(c.text);
    const auto detail = error_of_text(c.text);
    CHECK(detail.find(c.begins) == 0);
    CHECK(detail.find(c.holds) != std::string::npos);
  }
}

TEST_CASE("a file that is not there is an error") {
  const temporary_dir dir;
  options o;
  origins from;
  const auto got = load_file(o, dir.path() / "none.yaml", from);
  REQUIRE(got.has_error());
  CHECK(got.error().code == errc::invalid_argument);
  CHECK(got.error().detail.find("none.yaml") != std::string::npos);
}

TEST_CASE("each setting has a variable in the environment") {
  for (const auto& s : settings()) {
    INFO(s.key);
    std::string variable = "TROUPE_";
    for (const char c : s.key) variable += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    options o;
    origins from;
    CHECK(load_variables(o, {variable + "=" + s.show(options())}, from).has_value());
    CHECK(from == origins{{std::string(s.key), "environment"}});
  }
}

TEST_CASE("variables overrule what was loaded before, and others are left alone") {
  options o;
  origins from;
  REQUIRE(load_text(o, "connections.sessions: 5\n", from).has_value());
  REQUIRE(load_variables(o, {"PATH=/bin", "TROUPE_CONNECTIONS_SESSIONS=6", "TROUPES=1", "NOTHING"}, from).has_value());
  CHECK(o.limits.sessions == 6);
  CHECK(from.at("connections.sessions") == "environment");
  CHECK(load_environment(o, nullptr, from).has_value());
}

TEST_CASE("a misspelt or bad variable is an error that names it") {
  const struct {
    std::string variable, name;
  } cases[] = {
      {"TROUPE_CONNECTIONS_SESSION=6", "TROUPE_CONNECTIONS_SESSION"},
      {"TROUPE_=6", "TROUPE_"},
      {"TROUPE_listen=127.0.0.1:1", "TROUPE_listen"},
      {"TROUPE_CONNECTIONS_SESSIONS=", "TROUPE_CONNECTIONS_SESSIONS"},
      {"TROUPE_LISTEN=nowhere", "TROUPE_LISTEN"},
  };
  for (const auto& c : cases) {
    INFO(c.variable);
    options o;
    origins from;
    const auto got = load_variables(o, {c.variable}, from);
    REQUIRE(got.has_error());
    CHECK(got.error().code == errc::invalid_argument);
    CHECK(got.error().detail.find(c.name) != std::string::npos);
    CHECK(from.empty());
  }
}
