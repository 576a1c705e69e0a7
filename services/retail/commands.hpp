#pragma once

#include "services/retail/retry_rule.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>

namespace troupe::retail {

/// What `troupe replay` is told.
struct replay_options {
  std::string file;                             ///< retail CSV, plain or .xz
  std::string target = "http://127.0.0.1:8080"; ///< http://HOST:PORT
  std::size_t connections = 32;                 ///< kept alive, 1..1024
  std::uint64_t limit = 0;                      ///< only the first so many invoices of the file; 0: all
  double rate = 0;         ///< at most so many requests a second, retries included; 0.001..10^6; 0: no limit
  std::string report_file; ///< refused rows are written here too; empty: nowhere
  bool json = false;       ///< the summary as one JSON object instead of lines
  retry_rule retry;
  std::chrono::seconds answer_timeout{30}; ///< for connecting, for sending and for answering, each
  std::ostream* notes = nullptr;           ///< progress, refused rows and errors; null: standard error
};

/// Sends the invoices of a file to a running server: payments, credits and purchase events by the mapping of
/// DESIGN.md section 10. The summary goes to `out`, all else to `options.notes`. Keys and event ids come from
/// the file, so a replay that was stopped or killed is completed by running it again. SIGINT and SIGTERM stop
/// it cleanly with the summary so far; requests under way get 5 s, a second signal ends them. When all tries
/// of a request fail and the server has answered nothing meanwhile, the replay stops. Returns the exit code:
/// 0 everything was taken; 1 a row was refused, a request failed, or the replay was stopped; 2 the options
/// are unusable. Memory: see max_invoice_rows. Thread: the caller's, until done; handles the process's
/// signals.
[[nodiscard]] int replay(const replay_options& options, std::ostream& out);

} // namespace troupe::retail
