// troupe: one binary for every tier and the tools around it.

#include "platform/app/application.hpp"
#include "platform/app/certificates.hpp"
#include "services/import_command.hpp"
#include "services/retail/commands.hpp"
#include "services/tiers.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <iostream>
#include <map>
#include <string>
#include <vector>

namespace {

using namespace troupe;

int usage_error(const base::error& error) {
  std::cerr << "troupe: " << error.detail << '\n';
  return app::exit_usage;
}

// File, then environment, then command line: the later wins.
struct serve_arguments {
  std::string file;
  std::map<std::string, std::string> given; // by setting
  std::vector<std::string> assignments;     // --set key=value
};

void add_serve_options(CLI::App& command, serve_arguments& arguments) {
  command.add_option("--config", arguments.file, "YAML file of settings; troupe check-config lists them");
  const auto setting = [&](const char* flag, const char* key, const char* help) {
    command.add_option_function<std::string>(flag, [&arguments, key](const std::string& v) { arguments.given[key] = v; }, help);
  };
  setting("--tier", "tier", "what this process runs (default: all)");
  setting("--services", "services", "services to run, comma-separated (default: all)");
  setting("--listen", "listen", "HOST:PORT for clients (default: 127.0.0.1:8080; port 0: a free one)");
  setting("--admin", "admin", "HOST:PORT for metrics and health (default: 127.0.0.1:9090)");
  setting("--data-dir", "data_dir", "directory of the embedded stores (default: data)");
  setting("--store", "store", "where services keep their data (default: sqlite)");
  setting("--log-level", "log.level", "debug, info, warn, error or off (default: info)");
  command.add_option("--set", arguments.assignments, "any setting, as KEY=VALUE; may be given several times");
}

base::result<app::options> load(const serve_arguments& arguments, app::origins& from) {
  app::options o;
  if (!arguments.file.empty()) {
    if (auto loaded = app::load_file(o, arguments.file, from); !loaded) return loaded.error();
  }
  if (auto loaded = app::load_environment(o, environ, from); !loaded) return loaded.error();
  auto given = arguments.given;
  for (const auto& assignment : arguments.assignments) {
    const auto equals = assignment.find('=');
    if (equals == std::string::npos)
      return base::fail(base::errc::invalid_argument, "--set: expected KEY=VALUE, got '" + assignment + "'");
    given[assignment.substr(0, equals)] = assignment.substr(equals + 1);
  }
  for (const auto& [key, value] : given) {
    if (auto applied = app::apply(o, key, value); !applied) return applied.error();
    from[key] = "command line";
  }
  return o;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App program("Troupe: an actor-model microservice platform", "troupe");
  program.require_subcommand(1);

  serve_arguments serving;
  auto* serve = program.add_subcommand("serve", "Runs services until SIGTERM or Ctrl-C, then drains");
  add_serve_options(*serve, serving);
  auto* check = program.add_subcommand("check-config", "Shows every setting with its value and where it came from");
  add_serve_options(*check, serving);

  import_options importing;
  auto* import = program.add_subcommand("import", "Writes products into the catalogue of a data directory");
  import->add_option("file", importing.file, "retail CSV or JSON Lines of products; .xz is accepted")->required();
  import->add_option("--data-dir", importing.data_dir, "directory of the embedded stores")->capture_default_str();
  import->add_option("--report", importing.report_file, "write refused rows to this file too");

  retail::replay_options replaying;
  auto* replay = program.add_subcommand("replay", "Sends the invoices of a retail CSV to a running server");
  replay->add_option("file", replaying.file, "retail CSV; .xz is accepted")->required();
  replay->add_option("--target", replaying.target, "http://HOST:PORT of the server")->capture_default_str();
  replay->add_option("--connections", replaying.connections, "connections kept alive, 1 to 1024")->capture_default_str();
  replay->add_option("--limit", replaying.limit, "only the first so many invoices; 0: all")->capture_default_str();
  replay->add_option("--rate", replaying.rate, "at most so many requests a second; 0: no limit")->capture_default_str();
  replay->add_option("--report", replaying.report_file, "write refused rows to this file too");
  replay->add_flag("--json", replaying.json, "the summary as one JSON object");

  program.add_subcommand("version", "Prints the version");

  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& x) {
    return program.exit(x) == 0 ? app::exit_done : app::exit_usage;
  }
  if (import->parsed()) return import_products(importing);
  if (replay->parsed()) return retail::replay(replaying, std::cout);
  if (!serve->parsed() && !check->parsed()) {
    std::cout << "troupe " TROUPE_VERSION "\n";
    return app::exit_done;
  }
  app::origins from;
  const auto options = load(serving, from);
  if (!options) return usage_error(options.error());
  if (check->parsed()) {
    std::cout << app::describe(*options, from);
    if (auto good = app::check_certificates(*options); !good) return usage_error(good.error());
    return app::exit_done;
  }
  return app::run(*options, from, all_services());
}
