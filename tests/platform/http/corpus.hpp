#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace troupe::http::test {

/// One case of tests/http_corpus, whose README.md describes the format.
struct corpus_case {
  enum class ending : std::uint8_t { open, close, wait };

  std::string title;                       ///< number, table and name
  std::string bytes;                       ///< as they are sent
  std::vector<std::uint16_t> statuses;     ///< of the answers, in order
  corpus_case::ending ending = ending::open;
  bool is_refused = false;                 ///< the last status is the parser's refusal
  std::vector<std::pair<std::string, std::string>> checks; ///< "body", "path" and so on, and what it must be
};

/// The cases of a file that the parser decides alone; those of tables for the server are left out.
/// Throws std::runtime_error with file and line for what does not follow the format.
[[nodiscard]] std::vector<corpus_case> load_corpus(const std::filesystem::path& file);

} // namespace troupe::http::test
