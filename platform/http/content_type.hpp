#pragma once

#include "platform/http/field_value.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace troupe::http {

/// The value of an answer's Content-Type: a text that cannot leave its line, whoever chose it. Writing it costs no check, because there is no way to
/// make one of a text that nobody has looked at.
/// Lifetime: a view; the text must outlive the answer.
class content_type {
 public:
  /// None: the answer has no Content-Type.
  constexpr content_type() noexcept = default;

  /// Of a literal, or another constant array. One that may not stand in a field does not compile.
  template <std::size_t Size>
  consteval content_type(const char (&literal)[Size]) : text_(literal, Size - 1) {
    if (!is_field_value(text_)) throw "a Content-Type is printable ASCII, spaces and tabs";
  }

  /// Of any other text: nullopt, where `response::add_field` says false. Cost: O(bytes).
  [[nodiscard]] static constexpr std::optional<content_type> checked(std::string_view text) noexcept {
    if (!is_field_value(text)) return std::nullopt;
    content_type type;
    type.text_ = text;
    return type;
  }

  constexpr operator std::string_view() const noexcept { return text_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return text_.empty(); }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return text_.size(); }

  friend constexpr bool operator==(content_type a, std::string_view b) noexcept { return a.text_ == b; }

 private:
  std::string_view text_;
};

} // namespace troupe::http
