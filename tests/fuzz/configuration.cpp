// The text of a configuration file.

#include "platform/app/options.hpp"
#include "tests/fuzz/require.hpp"

#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace troupe;
  using fuzz::require;
  app::options options;
  app::origins origins;
  const auto loaded = app::load_text(options, {reinterpret_cast<const char*>(data), size}, "fuzzed", origins);
  if (!loaded) {
    require(loaded.error().code == base::errc::invalid_argument && !loaded.error().detail.empty(), "a refusal says why");
    return 0;
  }
  // What was taken can be shown, and shown text is taken again and gives the same.
  for (const auto& [key, origin] : origins) {
    for (const auto& s : app::settings()) {
      if (s.key != key) continue;
      app::options again;
      require(app::apply(again, key, s.show(options)).has_value() && s.show(again) == s.show(options), "a value survives being shown");
    }
  }
  require(!app::describe(options, origins).empty(), "all settings can be described");
  return 0;
}
