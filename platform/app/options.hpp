#pragma once

#include "platform/base/log.hpp"
#include "platform/base/result.hpp"
#include "platform/net/listener.hpp"
#include "platform/net/tls_context.hpp"
#include "platform/server/backend.hpp"
#include "platform/server/limits.hpp"
#include "platform/server/proxies.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::app {

/// Everything that can be configured, with its default.
struct options {
  std::string tier = "all";
  std::vector<std::string> services; ///< empty: all that the program knows
  net::address listen{"127.0.0.1", 8080};
  net::address admin{"127.0.0.1", 9090};
  std::filesystem::path data_dir = "data";
  std::string store = "sqlite";
  base::log::level log_level = base::log::level::info;
  std::string log_format = "auto"; ///< auto (text on a terminal, else json), text, json
  std::size_t workers = 0;           ///< scheduler threads; 0: one a usable core
  bool batch = true;                 ///< a thread that wakes displaces none that runs (SCHED_BATCH)
  std::size_t acceptors = 1;
  std::size_t connection_actors = 0; ///< 0: one a worker
  net::listener_options listening;
  server::limits limits;
  server::backend backend = server::backend::automatic;
  server::proxies proxies;
  server::response_options responses;
  std::string files_directory;           ///< empty: no files are served
  std::string files_path = "/static/";   ///< where they are served; begins and ends with '/'
  std::chrono::milliseconds files_max_age{0}; ///< how long caches keep a file without asking
  net::tls_options tls;    ///< no certificates: plain HTTP
  bool admin_tls = false; ///< the admin listener speaks TLS too
  std::chrono::milliseconds drain_delay{0};      ///< not ready, but still accepting, for so long
  std::chrono::milliseconds drain_grace{20'000}; ///< then requests in flight may take so long
};

/// One setting: its key in the file ("connections.idle_timeout"), from which its environment variable follows (TROUPE_CONNECTIONS_IDLE_TIMEOUT).
struct setting {
  std::string_view key;
  std::string_view help; ///< with unit and range
  std::function<base::result<void>(options&, std::string_view)> set;
  std::function<std::string(const options&)> show;
};

/// All settings, in the order in which they are documented.
[[nodiscard]] std::span<const setting> settings();

/// Where a value came from: "default", "file:LINE", "environment", "command line".
using origins = std::map<std::string, std::string, std::less<>>;

/// Applies one setting by key. Errors: invalid_argument naming the key, what was expected and what was got.
[[nodiscard]] base::result<void> apply(options& o, std::string_view key, std::string_view value);

/// Reads YAML of nested or dotted keys; `name` stands for it in errors and origins. Errors: invalid_argument with name and line: not
/// YAML, unknown key, bad value.
[[nodiscard]] base::result<void> load_text(options& o, std::string_view text, std::string_view name, origins& from);

/// Reads a YAML file of at most 1 MiB, as `load_text`. Errors: also invalid_argument when it cannot be read or is larger.
[[nodiscard]] base::result<void> load_file(options& o, const std::filesystem::path& file, origins& from);

/// Takes TROUPE_* variables. An unknown one is an error, as it is in the file: a misspelt limit must not go unnoticed.
[[nodiscard]] base::result<void> load_environment(options& o, char** environment, origins& from);

/// "key: value  # origin" a line, all settings.
[[nodiscard]] std::string describe(const options& o, const origins& from);

} // namespace troupe::app
