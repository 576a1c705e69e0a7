#pragma once

#include "platform/base/error.hpp"

#include <boost/json/basic_parser.hpp>
#include <boost/json/basic_parser_impl.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

// What `parse` and `decode` share; for this folder only.
namespace troupe::json {

/// The value of a JSON number, exactly rounded (the parser's own estimate may be off in the last bit);
/// infinite when it is too large for a double, 0 when it is too small. Cost: about 50 ns.
[[nodiscard]] double to_double(std::string_view number, double estimate) noexcept;

/// A key from outside for an error text: in quotes, cut after 64 bytes.
[[nodiscard]] std::string quoted(std::string_view key);

/// invalid_argument: "not valid JSON at byte 17: ...", counted from 0.
[[nodiscard]] base::error not_valid(std::size_t offset, std::string_view what);

/// The error that stopped the parser at that offset, in words for whoever sent the text.
[[nodiscard]] base::error explain(const boost::json::error_code& ec, std::string_view text,
                                  std::size_t offset, std::size_t depth_limit);

/// What both handlers of parser events have in common. The parser gets the whole text at once, so that
/// numbers arrive in one piece; keys and strings that hold escapes still come in parts.
class handler {
 public:
  using error_code = boost::json::error_code;
  using text_view = boost::json::string_view;

  // The text is bounded, so nothing in it needs a bound of its own.
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_number_part(text_view, error_code&) { return true; }
  bool on_comment_part(text_view, error_code&) { return true; }
  bool on_comment(text_view, error_code&) { return true; }
  bool on_key_part(text_view part, std::size_t, error_code&) { return keep(part); }
  bool on_string_part(text_view part, std::size_t, error_code&) { return keep(part); }

  /// Why the handler has stopped the parser, if it has.
  [[nodiscard]] const std::optional<base::error>& refusal() const noexcept { return refusal_; }

 protected:
  /// Always false, which stops the parser.
  bool refuse(base::error why, error_code& ec) {
    refusal_ = std::move(why);
    ec = boost::json::error::exception; // never seen: `refusal` is looked at first
    return false;
  }

  /// The key or string that ends with this part. Lifetime: until the next key or string.
  std::string_view whole(text_view last) {
    const std::string_view view{last.data(), last.size()};
    if (parts_.empty()) return view;
    parts_.append(view);
    gathered_.swap(parts_);
    parts_.clear();
    return gathered_;
  }

 private:
  bool keep(text_view part) {
    parts_.append(part.data(), part.size());
    return true;
  }

  std::string parts_;
  std::string gathered_;
  std::optional<base::error> refusal_;
};

} // namespace troupe::json
