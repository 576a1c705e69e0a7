#include "platform/app/options.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cctype>
#include <fstream>
#include <limits>
#include <set>

namespace troupe::app {

namespace {

using result = base::result<void>;

constexpr std::size_t max_file_bytes = 1024 * 1024;
constexpr std::size_t most_networks = 64; // each is looked at for every connection

base::error expected(std::string_view what, std::string_view got) {
  return {base::errc::invalid_argument, "expected " + std::string(what) + ", got '" + std::string(got) + "'"};
}

bool parse_number(std::string_view text, std::uint64_t& out) {
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  return ec == std::errc{} && end == text.data() + text.size();
}

// A number with one of the units; "" among them allows the bare number.
bool parse_with_unit(std::string_view text, std::span<const std::pair<std::string_view, std::uint64_t>> units,
                     std::uint64_t& out) {
  const auto digits = text.find_first_not_of("0123456789");
  if (!parse_number(text.substr(0, digits), out)) return false;
  const auto unit = digits == std::string_view::npos ? std::string_view{} : text.substr(digits);
  for (const auto& [name, factor] : units) {
    if (unit != name) continue;
    if (out > std::numeric_limits<std::uint64_t>::max() / factor) return false;
    out *= factor;
    return true;
  }
  return false;
}

template <class Number>
setting count_of(std::string_view key, std::string_view help, Number& (*member)(options&), std::uint64_t least,
                 std::uint64_t most) {
  return {key, help,
          [=](options& o, std::string_view text) -> result {
            std::uint64_t n = 0;
            if (!parse_number(text, n) || n < least || n > most)
              return expected("a number of " + std::to_string(least) + " to " + std::to_string(most), text);
            member(o) = static_cast<Number>(n);
            return {};
          },
          [=](const options& o) { return std::to_string(member(const_cast<options&>(o))); }};
}

template <class Number>
setting size_of(std::string_view key, std::string_view help, Number& (*member)(options&), std::uint64_t least,
                std::uint64_t most) {
  return {key, help,
          [=](options& o, std::string_view text) -> result {
            static constexpr std::pair<std::string_view, std::uint64_t> units[] = {
                {"", 1}, {"B", 1}, {"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1024 * 1024 * 1024}};
            std::uint64_t n = 0;
            if (!parse_with_unit(text, units, n) || n < least || n > most)
              return expected("a size such as 64KiB, of " + std::to_string(least) + " to " + std::to_string(most) + " bytes", text);
            member(o) = static_cast<Number>(n);
            return {};
          },
          [=](const options& o) { return std::to_string(member(const_cast<options&>(o))) + "B"; }};
}

setting time_of(std::string_view key, std::string_view help, std::chrono::milliseconds& (*member)(options&),
                std::uint64_t least_ms, std::uint64_t most_ms) {
  return {key, help,
          [=](options& o, std::string_view text) -> result {
            static constexpr std::pair<std::string_view, std::uint64_t> units[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}};
            std::uint64_t ms = 0;
            if (!parse_with_unit(text, units, ms) || ms < least_ms || ms > most_ms)
              return expected("a time such as 500ms, 5s or 1m, of " + std::to_string(least_ms) + " to " + std::to_string(most_ms) + " ms", text);
            member(o) = std::chrono::milliseconds(ms);
            return {};
          },
          [=](const options& o) { return std::to_string(member(const_cast<options&>(o)).count()) + "ms"; }};
}

setting address_of(std::string_view key, std::string_view help, net::address& (*member)(options&)) {
  return {key, help,
          [=](options& o, std::string_view text) -> result {
            auto parsed = net::address::parse(text);
            if (!parsed) return parsed.error();
            member(o) = std::move(*parsed);
            return {};
          },
          [=](const options& o) { return member(const_cast<options&>(o)).text(); }};
}

setting choice_of(std::string_view key, std::string_view help, std::string& (*member)(options&),
                  std::vector<std::string> choices) {
  std::string all;
  for (const auto& c : choices) all += (all.empty() ? "" : ", ") + c;
  return {key, help,
          [=](options& o, std::string_view text) -> result {
            if (std::find(choices.begin(), choices.end(), text) == choices.end()) return expected("one of " + all, text);
            member(o) = text;
            return {};
          },
          [=](const options& o) { return member(const_cast<options&>(o)); }};
}

// One of several words for the values of a type.
template <class Value>
setting word_of(std::string_view key, std::string_view help, Value& (*member)(options&),
                std::vector<std::pair<std::string, Value>> words) {
  std::string all;
  for (const auto& [word, value] : words) all += (all.empty() ? "" : ", ") + word;
  return {key, help,
          [=](options& o, std::string_view text) -> result {
            const auto found = std::find_if(words.begin(), words.end(), [&](const auto& w) { return w.first == text; });
            if (found == words.end()) return expected("one of " + all, text);
            member(o) = found->second;
            return {};
          },
          [=](const options& o) {
            const auto value = member(const_cast<options&>(o));
            return std::find_if(words.begin(), words.end(), [&](const auto& w) { return w.second == value; })->first;
          }};
}

setting certificates_setting() {
  return {"tls.certificates",
          "CERTIFICATE:KEY, PEM files, the first for clients that name no other; comma-separated; one file may hold both; empty: plain HTTP",
          [](options& o, std::string_view text) -> result {
            std::vector<net::tls_options::pair> pairs;
            for (auto rest = text; !text.empty();) {
              const auto comma = rest.find(',');
              const auto one = rest.substr(0, comma);
              const auto colon = one.find(':');
              const auto certificate = one.substr(0, colon);
              const auto key = colon == std::string_view::npos ? certificate : one.substr(colon + 1);
              if (certificate.empty() || key.empty() || key.find(':') != std::string_view::npos)
                return expected("CERTIFICATE:KEY pairs of files, separated by commas", text);
              pairs.push_back({certificate, key});
              if (comma == std::string_view::npos) break;
              rest.remove_prefix(comma + 1);
            }
            o.tls.certificates = std::move(pairs);
            return {};
          },
          [](const options& o) {
            std::string all;
            for (const auto& [certificate, key] : o.tls.certificates)
              all += (all.empty() ? "" : ",") + certificate.string() + ":" + key.string();
            return all;
          }};
}

setting client_ca_setting() {
  return {"tls.client_ca", "PEM file of the CAs that vouch for client certificates",
          [](options& o, std::string_view text) -> result {
            o.tls.client_ca = text;
            return {};
          },
          [](const options& o) { return o.tls.client_ca.string(); }};
}

setting services_setting() {
  return {"services", "services to run, comma-separated; empty: all",
          [](options& o, std::string_view text) -> result {
            std::vector<std::string> names;
            for (auto rest = text; !text.empty();) {
              const auto comma = rest.find(',');
              if (comma == 0 || rest.empty()) return expected("names separated by single commas", text);
              names.emplace_back(rest.substr(0, comma));
              if (comma == std::string_view::npos) break;
              rest.remove_prefix(comma + 1);
            }
            o.services = std::move(names);
            return {};
          },
          [](const options& o) {
            std::string all;
            for (const auto& s : o.services) all += (all.empty() ? "" : ",") + s;
            return all;
          }};
}

setting data_dir_setting() {
  return {"data_dir", "directory of the embedded stores; created when missing",
          [](options& o, std::string_view text) -> result {
            if (text.empty()) return expected("a directory", text);
            o.data_dir = text;
            return {};
          },
          [](const options& o) { return o.data_dir.string(); }};
}

setting gzip_setting() {
  return {"responses.gzip", "on: compress answers of 1 to 256 KiB for clients that accept it; never those that bear secrets; or off",
          [](options& o, std::string_view text) -> result {
            if (text != "on" && text != "off") return expected("on or off", text);
            o.responses.gzip = text == "on";
            return {};
          },
          [](const options& o) { return std::string(o.responses.gzip ? "on" : "off"); }};
}

setting files_directory_setting() {
  return {"files.directory", "directory whose files are served; empty: none. Hidden ones and what lies outside it never are",
          [](options& o, std::string_view text) -> result {
            o.files_directory = text;
            return {};
          },
          [](const options& o) { return o.files_directory; }};
}

setting files_path_setting() {
  return {"files.path", "path under which they are served; begins and ends with '/'",
          [](options& o, std::string_view text) -> result {
            constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
            if (!text.starts_with('/') || !text.ends_with('/') || text.find("//") != std::string_view::npos ||
                text.find("/.") != std::string_view::npos || text.find_first_not_of(plain) != std::string_view::npos)
              return expected("a path such as /static/ of letters, digits, '-', '.', '_' and '~'", text);
            o.files_path = text;
            return {};
          },
          [](const options& o) { return o.files_path; }};
}

setting log_level_setting() {
  return {"log.level", "lowest level written: debug, info, warn, error, off",
          [](options& o, std::string_view text) -> result {
            if (!base::log::parse_level(text, o.log_level)) return expected("debug, info, warn, error or off", text);
            return {};
          },
          [](const options& o) { return std::string(base::log::name(o.log_level)); }};
}

setting trusted_proxies_setting() {
  return {"proxies.trusted", "networks whose Forwarded, X-Forwarded-For and PROXY headers count, comma-separated, as in 10.0.0.0/8,::1; empty: none",
          [](options& o, std::string_view text) -> result {
            base::ip_networks networks;
            for (auto rest = text; !text.empty();) {
              const auto comma = rest.find(',');
              auto network = base::ip_network::parse(rest.substr(0, comma));
              if (!network) return network.error();
              networks.push_back(*network);
              if (networks.size() > most_networks) return expected("at most " + std::to_string(most_networks) + " networks", "more");
              if (comma == std::string_view::npos) break;
              rest.remove_prefix(comma + 1);
            }
            o.proxies.trusted = std::move(networks);
            return {};
          },
          [](const options& o) {
            std::string all;
            for (const auto& n : o.proxies.trusted) all += (all.empty() ? "" : ",") + n.text();
            return all;
          }};
}

setting proxy_protocol_setting() {
  return {"connections.proxy_protocol", "required: each connection begins with a PROXY header, version 2, from proxies.trusted only unless that is empty; off",
          [](options& o, std::string_view text) -> result {
            if (text != "off" && text != "required") return expected("off or required", text);
            o.proxies.speak_protocol = text == "required";
            return {};
          },
          [](const options& o) { return std::string(o.proxies.speak_protocol ? "required" : "off"); }};
}

std::string environment_name(std::string_view key) {
  std::string name = "TROUPE_";
  for (const char c : key) name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

// What Kubernetes and Docker set for a service that happens to be called troupe: addresses of it, no settings of ours.
bool is_service_address(std::string_view name) {
  return name.ends_with("_SERVICE_HOST") || name.find("_SERVICE_PORT") != std::string_view::npos || name.ends_with("_PORT") ||
         name.find("_PORT_") != std::string_view::npos;
}

// Keys nest three deep at most; an alias of YAML may contain itself, and many of them a file many times over.
constexpr std::size_t deepest = 8;
constexpr std::size_t most_keys = 1000;

// `given`: the keys so far, which are there once each.
result load_node(options& o, const YAML::Node& node, const std::string& prefix, const std::string& file, origins& from,
                 std::set<std::string>& given) {
  for (const auto& entry : node) {
    const auto line = file + ":" + std::to_string(entry.first.Mark().line + 1);
    if (static_cast<std::size_t>(std::count(prefix.begin(), prefix.end(), '.')) >= deepest)
      return base::fail(base::errc::invalid_argument, line + ": keys are nested too deep");
    if (!entry.first.IsScalar()) return base::fail(base::errc::invalid_argument, line + ": expected a key");
    const auto key = prefix + entry.first.Scalar();
    if (!given.insert(key).second) return base::fail(base::errc::invalid_argument, line + ": '" + key + "' is given twice");
    if (given.size() > most_keys) return base::fail(base::errc::invalid_argument, line + ": more than " + std::to_string(most_keys) + " keys");
    const auto& value = entry.second;
    if (value.IsMap()) {
      if (auto loaded = load_node(o, value, key + ".", file, from, given); !loaded) return loaded;
      continue;
    }
    std::string text;
    if (value.IsSequence()) {
      for (const auto& item : value) text += (text.empty() ? "" : ",") + (item.IsScalar() ? item.Scalar() : std::string());
    } else if (value.IsScalar()) {
      text = value.Scalar();
    }
    if (auto applied = apply(o, key, text); !applied)
      return base::fail(base::errc::invalid_argument, line + ": " + applied.error().detail);
    from[key] = line;
  }
  return {};
}

} // namespace

std::span<const setting> settings() {
  using o = options;
  using u64 = std::uint64_t;
  constexpr u64 mib = 1024 * 1024;
  static const std::vector<setting> all{
      choice_of("tier", "what this process runs; all: every tier in one process", [](o& x) -> std::string& { return x.tier; }, {"all"}),
      services_setting(),
      address_of("listen", "HOST:PORT for clients; port 0 takes a free one", [](o& x) -> net::address& { return x.listen; }),
      address_of("admin", "HOST:PORT for metrics, health and drain; keep it on loopback", [](o& x) -> net::address& { return x.admin; }),
      data_dir_setting(),
      choice_of("store", "where services keep their data", [](o& x) -> std::string& { return x.store; }, {"sqlite"}),
      log_level_setting(),
      choice_of("log.format", "auto: text on a terminal, JSON lines otherwise", [](o& x) -> std::string& { return x.log_format; }, {"auto", "text", "json"}),
      count_of<std::size_t>("scheduler.workers", "threads; 0: one for each usable core", [](o& x) -> std::size_t& { return x.workers; }, 0, 256),
      word_of<bool>("scheduler.batch", "true: a thread that wakes lets the one that runs go on (SCHED_BATCH), so each wake-up finds more to do", [](o& x) -> bool& { return x.batch; }, {{"true", true}, {"false", false}}),
      count_of<std::size_t>("connections.acceptors", "acceptor actors; above 1 they share the port by SO_REUSEPORT", [](o& x) -> std::size_t& { return x.acceptors; }, 1, 64),
      count_of<std::size_t>("connections.actors", "pooled connection actors; 0: one for each worker", [](o& x) -> std::size_t& { return x.connection_actors; }, 0, 1024),
      word_of<server::backend>("connections.backend", "how plain connections receive and send: epoll, a system call each; io_uring, many in one, and a warning where the kernel refuses; auto, the faster by how many are ready, where the kernel allows it", [](o& x) -> server::backend& { return x.backend; },
                               {{"auto", server::backend::automatic}, {"epoll", server::backend::epoll}, {"io_uring", server::backend::io_uring}}),
      count_of<int>("connections.backlog", "connections that the kernel holds; cut by net.core.somaxconn", [](o& x) -> int& { return x.listening.backlog; }, 1, 1'000'000),
      count_of<int>("connections.defer_accept", "seconds the kernel keeps a silent connection back; 0: off", [](o& x) -> int& { return x.listening.defer_accept_s; }, 0, 60),
      size_of<int>("connections.unsent_bytes", "of a session's answers that the kernel takes and cannot send yet", [](o& x) -> int& { return x.listening.unsent_bytes; }, 4096, 1024 * mib),
      count_of<int>("connections.fast_open", "length of the TCP Fast Open queue; 0: off", [](o& x) -> int& { return x.listening.fast_open; }, 0, 65535),
      count_of<std::size_t>("connections.sessions", "open client connections", [](o& x) -> std::size_t& { return x.limits.sessions; }, 1, 10'000'000),
      count_of<std::uint32_t>("connections.sessions_per_peer", "open connections of one IPv4 address or IPv6 /64, trusted proxies apart; 0: a quarter of connections.sessions, at least 100", [](o& x) -> std::uint32_t& { return x.limits.sessions_per_peer; }, 0, 10'000'000),
      count_of<std::size_t>("connections.pipeline_depth", "requests of one session in flight", [](o& x) -> std::size_t& { return x.limits.pipeline_depth; }, 1, 1024),
      count_of<std::size_t>("connections.in_flight", "requests of one connection actor in flight", [](o& x) -> std::size_t& { return x.limits.in_flight; }, 1, 1'000'000),
      size_of<std::size_t>("connections.held_bytes", "incomplete requests of one connection actor, each counted a KiB larger than it is", [](o& x) -> std::size_t& { return x.limits.held_bytes; }, mib / 16, 64 * 1024 * mib),
      size_of<std::size_t>("connections.answer_bytes", "answers of one connection actor that clients have not taken", [](o& x) -> std::size_t& { return x.limits.answer_bytes; }, mib / 4, 64 * 1024 * mib),
      count_of<std::uint32_t>("connections.requests_per_session", "then the session is closed", [](o& x) -> std::uint32_t& { return x.limits.requests_per_session; }, 1, 4'000'000'000),
      time_of("connections.tls_handshake_timeout", "from the accept to the end of the TLS handshake", [](o& x) -> std::chrono::milliseconds& { return x.limits.tls_handshake_timeout; }, 100, 600'000),
      time_of("connections.head_timeout", "from the first byte of a head to its end", [](o& x) -> std::chrono::milliseconds& { return x.limits.head_timeout; }, 100, 600'000),
      time_of("connections.body_timeout", "from the end of a head to the end of its body", [](o& x) -> std::chrono::milliseconds& { return x.limits.body_timeout; }, 100, 3'600'000),
      count_of<std::uint32_t>("connections.body_rate", "bytes a second that a body must bring on average, once connections.body_rate_after has passed; 0: any", [](o& x) -> std::uint32_t& { return x.limits.body_rate; }, 0, 1'000'000'000),
      time_of("connections.body_rate_after", "from the end of a head until connections.body_rate counts", [](o& x) -> std::chrono::milliseconds& { return x.limits.body_rate_after; }, 100, 3'600'000),
      time_of("connections.idle_timeout", "between requests", [](o& x) -> std::chrono::milliseconds& { return x.limits.idle_timeout; }, 100, 86'400'000),
      time_of("connections.write_timeout", "for the client to take an answer, or 256 KiB of it", [](o& x) -> std::chrono::milliseconds& { return x.limits.write_timeout; }, 100, 3'600'000),
      proxy_protocol_setting(),
      trusted_proxies_setting(),
      size_of<std::uint64_t>("requests.body_bytes", "largest body of a request", [](o& x) -> u64& { return x.limits.request.body_bytes; }, 0, 1024 * mib),
      size_of<std::size_t>("requests.head_bytes", "largest head of a request", [](o& x) -> std::size_t& { return x.limits.request.head_bytes; }, 1024, 60 * 1024),
      size_of<std::size_t>("requests.line_bytes", "method, target and version", [](o& x) -> std::size_t& { return x.limits.request.request_line_bytes; }, 64, 60 * 1024),
      size_of<std::size_t>("requests.method_bytes", "longest method", [](o& x) -> std::size_t& { return x.limits.request.method_bytes; }, 8, 256),
      size_of<std::size_t>("requests.field_name_bytes", "longest name of a field", [](o& x) -> std::size_t& { return x.limits.request.field_name_bytes; }, 32, 1024),
      size_of<std::size_t>("requests.field_value_bytes", "longest value of a field", [](o& x) -> std::size_t& { return x.limits.request.field_value_bytes; }, 64, 60 * 1024),
      size_of<std::size_t>("requests.chunk_line_bytes", "size and extensions of one chunk", [](o& x) -> std::size_t& { return x.limits.request.chunk_line_bytes; }, 16, 4096),
      size_of<std::size_t>("requests.trailer_bytes", "last chunk with its trailer section", [](o& x) -> std::size_t& { return x.limits.request.trailer_bytes; }, 64, 60 * 1024),
      count_of<std::size_t>("requests.empty_lines", "empty lines before a request line", [](o& x) -> std::size_t& { return x.limits.request.empty_lines; }, 0, 100),
      count_of<std::size_t>("requests.fields", "fields of a request", [](o& x) -> std::size_t& { return x.limits.request.fields; }, 1, 1000),
      gzip_setting(),
      count_of<int>("responses.gzip_level", "1 (fast) to 9 (small)", [](o& x) -> int& { return x.responses.gzip_level; }, 1, 9),
      files_directory_setting(),
      files_path_setting(),
      time_of("files.max_age", "how long caches keep a file without asking; 0: they ask each time", [](o& x) -> std::chrono::milliseconds& { return x.files_max_age; }, 0, 31'536'000'000),
      certificates_setting(),
      client_ca_setting(),
      word_of<net::tls_options::clients>("tls.client_certificates", "off, optional (one that is shown must be good) or required", [](o& x) -> net::tls_options::clients& { return x.tls.client_certificates; },
                                         {{"off", net::tls_options::clients::off}, {"optional", net::tls_options::clients::optional}, {"required", net::tls_options::clients::required}}),
      word_of<bool>("tls.min_version", "oldest protocol version: 1.2 or 1.3", [](o& x) -> bool& { return x.tls.only_1_3; }, {{"1.2", false}, {"1.3", true}}),
      word_of<bool>("tls.kernel", "true: the kernel encrypts where it can (kTLS)", [](o& x) -> bool& { return x.tls.in_kernel; }, {{"true", true}, {"false", false}}),
      word_of<bool>("tls.admin", "true: the admin listener speaks TLS too, by the same rules", [](o& x) -> bool& { return x.admin_tls; }, {{"true", true}, {"false", false}}),
      size_of<std::size_t>("websocket.message_bytes", "largest message of a WebSocket, all fragments together", [](o& x) -> std::size_t& { return x.limits.websocket.message_bytes; }, 0, 1024 * mib),
      time_of("websocket.ping_interval", "of silence, after which a WebSocket's client is asked whether it is there", [](o& x) -> std::chrono::milliseconds& { return x.limits.websocket.ping_interval; }, 100, 3'600'000),
      time_of("websocket.pong_timeout", "for a pong, or anything else, after a ping", [](o& x) -> std::chrono::milliseconds& { return x.limits.websocket.pong_timeout; }, 100, 600'000),
      time_of("websocket.close_timeout", "for the client's close frame after ours", [](o& x) -> std::chrono::milliseconds& { return x.limits.websocket.close_timeout; }, 100, 600'000),
      word_of<bool>("websocket.compression", "true: permessage-deflate for clients that offer it, on routes without secrets", [](o& x) -> bool& { return x.limits.websocket.compression; }, {{"true", true}, {"false", false}}),
      count_of<int>("websocket.compression_level", "1 (fast) to 6 (small)", [](o& x) -> int& { return x.limits.websocket.compression_level; }, 1, 6),
      count_of<std::size_t>("websocket.most_inflation", "times its compressed bytes that a message may inflate to; DEFLATE has 1032 at most", [](o& x) -> std::size_t& { return x.limits.websocket.most_inflation; }, 1, 1100),
      size_of<std::size_t>("websocket.inflated_bytes", "messages that came compressed to one connection actor and that services have not answered", [](o& x) -> std::size_t& { return x.limits.websocket.inflated_bytes; }, mib / 16, 64 * 1024 * mib),
      time_of("drain.delay", "not ready but still accepting, while balancers notice", [](o& x) -> std::chrono::milliseconds& { return x.drain_delay; }, 0, 600'000),
      time_of("drain.grace", "for requests in flight when the server stops", [](o& x) -> std::chrono::milliseconds& { return x.drain_grace; }, 0, 600'000),
  };
  return all;
}

base::result<void> apply(options& o, std::string_view key, std::string_view value) {
  for (const auto& s : settings()) {
    if (s.key != key) continue;
    if (auto set = s.set(o, value); !set) return base::fail(set.error().code, std::string(key) + ": " + set.error().detail);
    return {};
  }
  return base::fail(base::errc::invalid_argument, "unknown setting '" + std::string(key) + "'; troupe check-config lists all");
}

base::result<void> load_text(options& o, std::string_view text, std::string_view name, origins& from) {
  try {
    const auto root = YAML::Load(std::string(text));
    if (root.IsNull()) return {};
    if (!root.IsMap()) return base::fail(base::errc::invalid_argument, std::string(name) + ": expected keys and values");
    std::set<std::string> given;
    return load_node(o, root, "", std::string(name), from, given);
  } catch (const YAML::Exception& x) {
    return base::fail(base::errc::invalid_argument, std::string(name) + ":" + std::to_string(x.mark.line + 1) + ": " + x.msg);
  }
}

base::result<void> load_file(options& o, const std::filesystem::path& file, origins& from) {
  std::string text(max_file_bytes + 1, '\0');
  std::ifstream in(file, std::ios::binary);
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad())
    return base::fail(base::errc::invalid_argument, "cannot read the configuration file '" + file.string() + "'");
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > max_file_bytes)
    return base::fail(base::errc::invalid_argument, "the configuration file '" + file.string() + "' has more than 1 MiB");
  return load_text(o, text, file.filename().string(), from);
}

base::result<void> load_environment(options& o, char** environment, origins& from) {
  for (auto** variable = environment; variable && *variable; ++variable) {
    const std::string_view text(*variable);
    const auto equals = text.find('=');
    if (!text.starts_with("TROUPE_") || equals == std::string_view::npos) continue;
    const auto name = text.substr(0, equals);
    const auto all = settings();
    const auto found = std::find_if(all.begin(), all.end(), [&](const setting& s) { return environment_name(s.key) == name; });
    if (found == all.end()) {
      if (is_service_address(name)) continue;
      return base::fail(base::errc::invalid_argument, "unknown environment variable " + std::string(name));
    }
    if (auto applied = apply(o, found->key, text.substr(equals + 1)); !applied)
      return base::fail(base::errc::invalid_argument, std::string(name) + ": " + applied.error().detail);
    from[std::string(found->key)] = "environment";
  }
  return {};
}

std::string describe(const options& o, const origins& from) {
  std::string out;
  for (const auto& s : settings()) {
    const auto origin = from.find(s.key);
    out += std::string(s.key) + ": " + s.show(o) + "  # " + (origin == from.end() ? "default" : origin->second) + "; " +
           std::string(s.help) + "\n";
  }
  return out;
}

} // namespace troupe::app
