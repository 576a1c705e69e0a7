#include "platform/websocket/extension_offers.hpp"

#include <algorithm>
#include <array>

namespace troupe::websocket {

namespace {

constexpr std::string_view extension_name = "permessage-deflate";
constexpr std::uint8_t least_window_bits = 9; // zlib cannot do 8 without a zlib header

enum parameter : unsigned { server_no_context_takeover, client_no_context_takeover, server_max_window_bits, client_max_window_bits };
constexpr std::array<std::string_view, 4> parameter_names{"server_no_context_takeover", "client_no_context_takeover",
                                                          "server_max_window_bits", "client_max_window_bits"};

// Source: RFC 9110 section 5.6.2.
constexpr bool is_token_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) noexcept { return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character); }

// 8 to 15 in decimal without leading zeros; 0 for anything else. Source: RFC 7692 section 7.1.2.
std::uint8_t window_bits_of(std::string_view text) noexcept {
  if (text == "8" || text == "9") return static_cast<std::uint8_t>(text[0] - '0');
  const bool is_two_digits = text.size() == 2 && text[0] == '1' && text[1] >= '0' && text[1] <= '5';
  return is_two_digits ? static_cast<std::uint8_t>(10 + text[1] - '0') : std::uint8_t{0};
}

// One offer of permessage-deflate, parameter after parameter.
class deflate_offer {
 public:
  void take(std::string_view name, const std::optional<std::string>& value) {
    const auto found = std::find(parameter_names.begin(), parameter_names.end(), name);
    if (found == parameter_names.end()) return decline();
    const auto which = static_cast<unsigned>(found - parameter_names.begin());
    if (seen_ & 1U << which) return decline();
    seen_ |= 1U << which;
    switch (which) {
    case server_no_context_takeover:
    case client_no_context_takeover:
      if (value) decline();
      break;
    case server_max_window_bits:
      agreement_.window_bits = value ? window_bits_of(*value) : std::uint8_t{0};
      agreement_.was_asked_for_bits = true;
      if (agreement_.window_bits < least_window_bits) decline();
      break;
    case client_max_window_bits: // whatever the client keeps to is inflated
      if (value && window_bits_of(*value) == 0) decline();
      break;
    }
  }

  [[nodiscard]] std::optional<deflate_agreement> agreement() const noexcept {
    return is_declined_ ? std::nullopt : std::optional(agreement_);
  }

 private:
  void decline() noexcept { is_declined_ = true; }

  deflate_agreement agreement_;
  unsigned seen_ = 0;
  bool is_declined_ = false;
};

} // namespace

class extension_offers::reader {
 public:
  explicit reader(std::string_view text) noexcept : left_(text) { skip_space(); }

  [[nodiscard]] bool is_done() const noexcept { return left_.empty(); }
  [[nodiscard]] bool is_at(char c) const noexcept { return left_.starts_with(c); }

  // Each of these takes the space behind what it takes, too.
  [[nodiscard]] bool take(char c) noexcept {
    if (!is_at(c)) return false;
    left_.remove_prefix(1);
    skip_space();
    return true;
  }

  // Empty when there is none.
  [[nodiscard]] std::string_view take_token() noexcept {
    const auto end = std::find_if_not(left_.begin(), left_.end(), is_token_character);
    const auto token = left_.substr(0, static_cast<std::size_t>(end - left_.begin()));
    left_.remove_prefix(token.size());
    skip_space();
    return token;
  }

  // A token, or a token in quotes; empty when there is none.
  [[nodiscard]] std::string take_value() {
    if (!is_at('"')) return std::string(take_token());
    std::string value;
    for (left_.remove_prefix(1); !left_.empty(); left_.remove_prefix(1)) {
      if (is_at('"')) {
        static_cast<void>(take('"'));
        return is_token(value) ? value : std::string();
      }
      if (is_at('\\')) left_.remove_prefix(1);
      if (left_.empty()) break;
      value += left_.front();
    }
    return {};
  }

 private:
  void skip_space() noexcept { left_.remove_prefix(std::min(left_.find_first_not_of(" \t"), left_.size())); }

  std::string_view left_;
};

void extension_offers::take(std::string_view value) {
  for (reader in(value); !in.is_done() && !is_malformed_;) {
    if (in.take(',')) continue; // empty elements of a list are passed over
    is_malformed_ = !take_offer(in) || !(in.is_done() || in.take(','));
  }
}

// False when it has not the grammar of one.
bool extension_offers::take_offer(reader& in) {
  const auto name = in.take_token();
  if (name.empty()) return false;
  deflate_offer offer;
  while (in.take(';')) {
    const auto parameter = in.take_token();
    if (parameter.empty()) return false;
    std::optional<std::string> value;
    if (in.take('=')) {
      value = in.take_value();
      if (value->empty()) return false;
    }
    offer.take(parameter, value);
  }
  if (name == extension_name && !agreement_) agreement_ = offer.agreement();
  return true;
}

std::string field_line(const deflate_agreement& agreement) {
  std::string line = "Sec-WebSocket-Extensions: ";
  line.append(extension_name).append("; server_no_context_takeover; client_no_context_takeover");
  if (agreement.was_asked_for_bits) line += "; server_max_window_bits=" + std::to_string(agreement.window_bits);
  return line + "\r\n";
}

} // namespace troupe::websocket
