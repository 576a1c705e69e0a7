// Gives every seed of a corpus to a target, without a fuzzer. Usage: PROGRAM CORPUS_FILE

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

unsigned hex(char c) {
  const auto at = std::string_view("0123456789abcdef").find(c);
  if (at == std::string_view::npos) throw std::runtime_error("expected \\xNN in lower case");
  return static_cast<unsigned>(at);
}

// One line of the corpus (tests/fuzz/corpus.py): bytes, with \r \n \t \\ and \xNN for what is not printable.
std::vector<std::uint8_t> seed_of(std::string_view line) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\\') {
      bytes.push_back(static_cast<std::uint8_t>(line[i]));
      continue;
    }
    switch (++i < line.size() ? line[i] : '\0') {
    case 'r': bytes.push_back('\r'); break;
    case 'n': bytes.push_back('\n'); break;
    case 't': bytes.push_back('\t'); break;
    case '\\': bytes.push_back('\\'); break;
    case 'x':
      if (i + 2 >= line.size()) throw std::runtime_error("a cut \\xNN");
      bytes.push_back(static_cast<std::uint8_t>(hex(line[i + 1]) << 4 | hex(line[i + 2])));
      i += 2;
      break;
    default: throw std::runtime_error("an unknown escape");
    }
  }
  bytes.shrink_to_fit(); // so that the sanitizer sees a look beyond the end
  return bytes;
}

} // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: " << arguments[0] << " CORPUS_FILE\n";
    return 2;
  }
  std::ifstream file(arguments[1]);
  std::size_t number = 0;
  std::size_t seeds = 0;
  std::string line;
  while (std::getline(file, line)) {
    ++number;
    if (line.starts_with('#')) continue;
    // Said beforehand, since a seed that fails ends the program.
    std::fprintf(stderr, "\r%s:%zu ", arguments[1], number);
    try {
      const auto seed = seed_of(line);
      LLVMFuzzerTestOneInput(seed.data(), seed.size());
    } catch (const std::exception& e) {
      std::fprintf(stderr, "%s\n", e.what());
      return 1;
    }
    ++seeds;
  }
  std::fprintf(stderr, "\r%s: %zu seeds\n", arguments[1], seeds);
  return seeds > 0 ? 0 : 1;
}
