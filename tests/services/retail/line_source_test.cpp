#include "services/retail/line_source.hpp"
#include "tests/services/retail/temporary_file.hpp"

#include <catch2/catch.hpp>

#include <lzma.h>

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace troupe::retail {
namespace {

using seen_line = std::tuple<std::uint64_t, std::string, bool>;

struct seen_file {
  std::vector<seen_line> lines;
  base::error ended_by{base::errc::internal, "end"};
};

seen_file read_all(const std::string& path) {
  seen_file seen;
  auto source = line_source::open(path);
  if (source.has_error()) {
    seen.ended_by = source.error();
    return seen;
  }
  for (;;) {
    const auto line = source->next();
    if (line.has_error()) seen.ended_by = line.error();
    if (line.has_error() || !*line) return seen;
    seen.lines.emplace_back((*line)->number, std::string((*line)->text), (*line)->is_too_long);
  }
}

std::vector<seen_line> lines_of(std::string_view bytes) {
  const temporary_file file(bytes);
  const auto seen = read_all(file.path());
  CHECK(seen.ended_by.detail == "end");
  return seen.lines;
}

std::string to_xz(std::string_view text, std::uint32_t dictionary_bytes = 1U << 20) {
  lzma_options_lzma options;
  REQUIRE_FALSE(lzma_lzma_preset(&options, 0));
  options.dict_size = dictionary_bytes;
  lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
  std::string out(lzma_stream_buffer_bound(text.size()), '\0');
  std::size_t size = 0;
  REQUIRE(lzma_stream_buffer_encode(
              filters, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const std::uint8_t*>(text.data()),
              text.size(), reinterpret_cast<std::uint8_t*>(out.data()), &size, out.size()) == LZMA_OK);
  out.resize(size);
  return out;
}

// Does not compress to nothing, so that damage in the middle hits data.
std::string uneven_text() {
  std::string text;
  std::uint32_t state = 1;
  for (int i = 0; i < 20'000; ++i) {
    state = state * 1664525U + 1013904223U;
    text += std::to_string(state) + "\n";
  }
  return text;
}

const std::string longest(line_source::max_line_bytes, 'x');

} // namespace

TEST_CASE("line source: lines are numbered from 1 and given without their line feed") {
  CHECK(lines_of("").empty());
  CHECK(lines_of("a\n") == std::vector<seen_line>{{1, "a", false}});
  CHECK(lines_of("a\n\nb") == std::vector<seen_line>{{1, "a", false}, {2, "", false}, {3, "b", false}});
  CHECK(lines_of("a\r\nb\r") == std::vector<seen_line>{{1, "a\r", false}, {2, "b\r", false}});
  const std::string with_nul("a\0b\n", 4);
  CHECK(lines_of(with_nul) == std::vector<seen_line>{{1, with_nul.substr(0, 3), false}});
}

TEST_CASE("line source: a byte order mark is dropped from the first line only") {
  CHECK(lines_of("\xEF\xBB\xBF"
                 "a\n\xEF\xBB\xBF"
                 "b") == std::vector<seen_line>{{1, "a", false},
                                                {2,
                                                 "\xEF\xBB\xBF"
                                                 "b",
                                                 false}});
}

TEST_CASE(
    "line source: a line of 65536 bytes is read, a longer one is passed over and the next one is read") {
  CHECK(lines_of(longest + "\nb\n") == std::vector<seen_line>{{1, longest, false}, {2, "b", false}});
  CHECK(lines_of(longest + "x\nb\n") == std::vector<seen_line>{{1, "", true}, {2, "b", false}});
  CHECK(lines_of("a\n" + longest + longest + longest + longest + "\nb") ==
        std::vector<seen_line>{{1, "a", false}, {2, "", true}, {3, "b", false}});
  CHECK(lines_of("a\n" + longest + longest + longest) ==
        std::vector<seen_line>{{1, "a", false}, {2, "", true}});
  CHECK(lines_of(longest + "x") == std::vector<seen_line>{{1, "", true}});
}

TEST_CASE("line source: lines that straddle the buffer's end come out whole") {
  std::string text;
  std::vector<seen_line> expected;
  for (std::uint64_t i = 1; i <= 200; ++i) {
    expected.emplace_back(i, std::string(i * 37 % 5000, static_cast<char>('a' + i % 26)), false);
    text += std::get<1>(expected.back()) + "\n";
  }
  CHECK(lines_of(text) == expected);
  CHECK(lines_of(to_xz(text)) == expected);
}

TEST_CASE("line source: peek shows the line that next will give") {
  const temporary_file file("a\nb\n");
  auto source = line_source::open(file.path());
  REQUIRE(source.has_value());
  CHECK((*source->peek())->text == "a");
  CHECK((*source->peek())->text == "a");
  CHECK((*source->next())->text == "a");
  CHECK((*source->next())->text == "b");
  CHECK_FALSE(source->peek()->has_value());
  CHECK_FALSE(source->next()->has_value());
}

TEST_CASE(
    "line source: an .xz file is known by its first bytes, not by its name, and may hold several streams") {
  CHECK(lines_of(to_xz("a\nb\n")) == std::vector<seen_line>{{1, "a", false}, {2, "b", false}});
  CHECK(lines_of(to_xz("a\nb") + to_xz("c\n")) == std::vector<seen_line>{{1, "a", false}, {2, "bc", false}});
  CHECK(lines_of(to_xz("")).empty());
  CHECK(lines_of("\xFD"
                 "7zX") == std::vector<seen_line>{{1,
                                                   "\xFD"
                                                   "7zX",
                                                   false}});
}

TEST_CASE("line source: damaged .xz data ends the reading with the place in the compressed file") {
  const auto whole = to_xz(uneven_text());
  auto corrupt = whole;
  corrupt[whole.size() / 2] = static_cast<char>(corrupt[whole.size() / 2] ^ 0x55);
  struct {
    std::string bytes;
    base::errc code;
    const char* says;
  } const cases[] = {
      {whole.substr(0, whole.size() - 5), base::errc::invalid_argument, "cut short"},
      {whole.substr(0, whole.size() / 2), base::errc::invalid_argument, "cut short"},
      {whole.substr(0, 6), base::errc::invalid_argument, "cut short"},
      {corrupt, base::errc::invalid_argument, "corrupt"},
      {whole + "sixteen bytes...", base::errc::invalid_argument, "corrupt"},
      {to_xz("a\n", 512U << 20), base::errc::resource_exhausted, "128 MiB"},
  };
  for (const auto& c : cases) {
    const temporary_file file(c.bytes);
    const auto seen = read_all(file.path());
    INFO(seen.ended_by.detail);
    CHECK(seen.ended_by.code == c.code);
    CHECK_THAT(seen.ended_by.detail,
               Catch::StartsWith(file.path() + ": near byte ") && Catch::Contains(c.says));
  }
}

TEST_CASE("line source: an error does not turn into an end of the file when it is asked again") {
  const temporary_file file(to_xz(uneven_text()).substr(0, 2000));
  auto source = line_source::open(file.path());
  REQUIRE(source.has_value());
  auto line = source->next();
  for (int i = 0; i < 100'000 && line.has_value(); ++i) line = source->next();
  REQUIRE(line.has_error());
  CHECK(source->next().has_error());
  CHECK(source->peek().has_error());
}

TEST_CASE("line source: a file that cannot be opened is named with the cause") {
  const temporary_file file;
  const auto missing = read_all(file.path() + ".missing").ended_by;
  CHECK(missing.code == base::errc::not_found);
  CHECK(missing.detail == file.path() + ".missing: cannot be opened: No such file or directory");
  CHECK(read_all(file.path() + "/x").ended_by.code == base::errc::not_found);
  const auto folder = read_all("/").ended_by;
  CHECK(folder.code == base::errc::invalid_argument);
  CHECK(folder.detail == "/: is a directory; name a file");
}

} // namespace troupe::retail
