#include "services/retail/replay_request.hpp"

#include "platform/base/escape.hpp"

#include <cstddef>
#include <span>

namespace troupe::retail {

namespace {

// What a payment without a CustomerID is booked on (DESIGN.md section 10).
constexpr std::string_view guest = "guest";

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  base::append_json_escaped(out, text);
  out += '"';
}

std::string settlement_body(const replay_job& job, const invoice& of) {
  std::string body = R"({"customer_id":)";
  append_quoted(body, of.customer_id.empty() ? guest : std::string_view(of.customer_id));
  body += R"(,"amount_minor":)" + std::to_string(job.amount_minor) + R"(,"currency":"GBP","reference":)";
  append_quoted(body, of.number);
  body += '}';
  return body;
}

std::string event_id(const invoice& of, const purchase& one) {
  return of.number + "-" + std::to_string(one.line);
}

std::string events_body(const replay_job& job, const invoice_set& from) {
  std::string body = R"({"events":[)";
  for (const auto& run : job.runs) {
    const auto& of = from.invoices()[run.invoice];
    for (const auto& one : std::span(of.purchases).subspan(run.first, run.count)) {
      if (body.back() != '[') body += ',';
      body += R"({"id":)";
      append_quoted(body, event_id(of, one));
      body += R"(,"type":"purchase","product_id":)";
      append_quoted(body, from.product_ids()[one.product]);
      body += R"(,"quantity":)" + std::to_string(one.quantity) + '}';
    }
  }
  body += "]}";
  return body;
}

std::string_view path_of(request_kind kind) {
  switch (kind) {
  case request_kind::payment:
    return "/v1/payments";
  case request_kind::credit:
    return "/v1/credits";
  case request_kind::events:
    return "/v1/events";
  }
  return {};
}

std::string structured_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

} // namespace

std::string to_request(const replay_job& job, const invoice_set& from, std::string_view authority) {
  const bool is_events = job.kind == request_kind::events;
  const auto body = is_events ? events_body(job, from) : settlement_body(job, from.invoices()[job.invoice]);
  std::string text = "POST ";
  text += path_of(job.kind);
  text += " HTTP/1.1\r\nHost: ";
  text += authority;
  text += "\r\nUser-Agent: troupe-replay\r\nAccept: application/json\r\nContent-Type: application/json\r\n";
  if (!is_events)
    text += "Idempotency-Key: " + structured_string(from.invoices()[job.invoice].number) + "\r\n";
  text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  return text;
}

std::string describe(const replay_job& job, const invoice_set& from) {
  const auto& all = from.invoices();
  switch (job.kind) {
  case request_kind::payment:
    return "payment " + all[job.invoice].number;
  case request_kind::credit:
    return "credit " + all[job.invoice].number;
  case request_kind::events:
    break;
  }
  const auto& first = job.runs.front();
  const auto& last = job.runs.back();
  const auto& last_of = all[last.invoice];
  return "events " + event_id(all[first.invoice], all[first.invoice].purchases[first.first]) + " to " +
         event_id(last_of, last_of.purchases[last.first + last.count - 1]);
}

} // namespace troupe::retail
