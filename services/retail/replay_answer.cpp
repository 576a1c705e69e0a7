#include "services/retail/replay_answer.hpp"

#include "platform/json/document.hpp"
#include "services/retail/row_report.hpp"

#include <boost/json/object.hpp>

#include <string_view>

namespace troupe::retail {

namespace {

std::optional<std::uint64_t> count_of(const boost::json::object& from, std::string_view key) {
  const auto* value = from.if_contains(key);
  const auto* number = value ? value->if_int64() : nullptr;
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

std::string problem_text(const std::string& body) {
  const auto document = json::parse(body);
  const auto* problem = document.has_value() ? document->if_object() : nullptr;
  if (!problem) return body;
  for (const std::string_view key : {"detail", "title"}) {
    const auto* value = problem->if_contains(key);
    const auto* text = value ? value->if_string() : nullptr;
    if (text && !text->empty()) return std::string(*text);
  }
  return body;
}

} // namespace

base::result<event_counts> parse_event_counts(const std::string& body, std::uint64_t sent) {
  const auto refuse = [&] {
    return base::fail(base::errc::invalid_argument,
                      R"(the answer is not {"accepted":A,"duplicates":D} with A + D = )" +
                          std::to_string(sent) + ": " + quoted(body));
  };
  const auto document = json::parse(body);
  const auto* counts = document.has_value() ? document->if_object() : nullptr;
  if (!counts) return refuse();
  const auto accepted = count_of(*counts, "accepted");
  const auto duplicates = count_of(*counts, "duplicates");
  if (!accepted || !duplicates || *accepted > sent || *duplicates != sent - *accepted) return refuse();
  return event_counts{*accepted, *duplicates};
}

std::string explain(const http_answer& answer) {
  if (answer.status == 0) return answer.failure;
  auto text = "status " + std::to_string(answer.status);
  if (!answer.body.empty()) text += ": " + quoted(problem_text(answer.body), 300);
  return text;
}

} // namespace troupe::retail
