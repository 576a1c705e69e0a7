// Answers of a server, as the replay client reads them. Input: one byte, where to cut, then the server's bytes.

#include "services/retail/answer_reader.hpp"
#include "services/retail/replay_answer.hpp"
#include "tests/fuzz/require.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using troupe::fuzz::require;
using troupe::retail::answer_reader;

struct outcome {
  int status = 0;
  std::string body;
  bool is_complete = false;

  friend bool operator==(const outcome&, const outcome&) = default;
};

outcome read(std::string_view bytes, std::size_t cut) {
  answer_reader reader;
  for (const auto piece : {bytes.substr(0, cut), bytes.substr(cut)}) {
    const auto taken = reader.take(piece);
    if (!taken) return {};
    if (*taken) break;
  }
  if (!reader.is_complete() && !reader.finish()) return {};
  auto answer = reader.answer();
  static_cast<void>(troupe::retail::explain(answer));
  static_cast<void>(troupe::retail::parse_event_counts(answer.body, 5));
  return {answer.status, std::move(answer.body), true};
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = read(bytes, bytes.size());
  require(whole == read(bytes, std::min<std::size_t>(data[0], bytes.size())), "pieces give the same answer as the whole");
  if (whole.is_complete) require(whole.status >= 100 && whole.status <= 599, "an answer has a status");
  return 0;
}
