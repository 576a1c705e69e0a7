#include "services/retail/commands.hpp"
#include "services/retail/invoice_file.hpp"
#include "services/retail/replay_run.hpp"
#include "services/retail/target_url.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <unistd.h>

#include <iostream>
#include <optional>
#include <string>
#include <utility>

namespace troupe::retail {

namespace {

constexpr int exit_done = 0;
constexpr int exit_failed = 1;
constexpr int exit_usage = 2;
constexpr std::size_t max_connections = 1024;
constexpr double min_rate = 0.001;
constexpr double max_rate = 1'000'000;

base::result<void> check(const replay_options& options) {
  const auto refuse = [](const char* what) { return base::fail(base::errc::invalid_argument, what); };
  if (options.file.empty()) return refuse("a file of invoice lines must be named");
  if (options.connections < 1 || options.connections > max_connections)
    return refuse("connections must be from 1 to 1024");
  if (options.rate != 0 &&
      !(options.rate >= min_rate && options.rate <= max_rate)) // the form that NaN fails too
    return refuse("rate must be 0 (no limit) or from 0.001 to 1000000 requests a second");
  if (options.retry.tries < 1) return refuse("tries must be at least 1");
  return {};
}

base::result<std::uint64_t> read_invoices(const std::string& path, row_report& report, invoice_set& into) {
  auto source = line_source::open(path);
  if (source.has_error()) return source.error();
  return read_invoice_lines(
      *source, report,
      [&](const invoice_line& line, std::uint64_t file_line) { return into.add(line, file_line); },
      [&](std::string_view invoice_no) { into.refuse_line(invoice_no); });
}

base::result<replay_connection::endpoints> resolve(const target_url& target) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::resolver resolver(io);
  boost::system::error_code why;
  auto endpoints = resolver.resolve(target.host, target.port, why);
  if (why)
    return base::fail(base::errc::unavailable,
                      "target " + target.authority + ": cannot be resolved: " + why.message());
  return endpoints;
}

void write_notes(const replay_summary& summary, const row_report& report, std::ostream& notes) {
  if (report.count() > 0) notes << "refused rows:\n";
  report.write(notes);
  if (summary.errors > 0) notes << "errors:\n";
  for (const auto& error : summary.first_errors) notes << error << '\n';
  if (summary.errors > summary.first_errors.size())
    notes << "and " << summary.errors - summary.first_errors.size() << " more errors, not listed\n";
  notes.flush();
}

} // namespace

int replay(const replay_options& options, std::ostream& out) {
  auto& notes = options.notes ? *options.notes : std::cerr;
  const auto refuse = [&](const base::error& why, int code) {
    notes << "troupe replay: " << why.detail << std::endl;
    return code;
  };
  if (const auto checked = check(options); checked.has_error()) return refuse(checked.error(), exit_usage);
  const auto target = parse_target_url(options.target);
  if (target.has_error()) return refuse(target.error(), exit_usage);

  row_report report;
  invoice_set invoices;
  const auto rows = read_invoices(options.file, report, invoices);
  if (rows.has_error()) return refuse(rows.error(), exit_failed);
  // Before anything is sent: a report that cannot be written is better known now.
  if (!options.report_file.empty()) {
    if (const auto saved = report.save(options.report_file); saved.has_error())
      return refuse(saved.error(), exit_failed);
  }
  const auto endpoints = resolve(*target);
  if (endpoints.has_error()) return refuse(endpoints.error(), exit_failed);

  replay_plan plan(invoices, options.limit);
  replay_summary summary;
  summary.file = options.file;
  summary.target = options.target;
  summary.rows = *rows;
  summary.refused_rows = report.count();
  summary.totals = plan.totals();
  const bool is_terminal = options.notes == nullptr && ::isatty(STDERR_FILENO) == 1;
  replay_run({options, invoices, target->authority, *endpoints, notes, is_terminal}, plan, summary).run();

  write_notes(summary, report, notes);
  out << (options.json ? to_json(summary) + "\n" : to_text(summary)) << std::flush;
  return summary.is_complete() ? exit_done : exit_failed;
}

} // namespace troupe::retail
