#include "platform/websocket/handshake.hpp"

#include "platform/websocket/sha1.hpp"

#include <algorithm>

namespace troupe::websocket {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view protocol_guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455 section 1.3
constexpr std::string_view upgrade_fields = "Upgrade: websocket\r\nConnection: Upgrade\r\n";

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_without_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Calls `use` with each element of a comma-separated list until it returns true; whether it did.
template <class F>
bool any_element(std::string_view list, F&& use) {
  for (;;) {
    const auto comma = list.find(',');
    if (const auto element = trimmed(list.substr(0, comma)); !element.empty() && use(element)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

bool names(std::string_view list, std::string_view token) {
  return any_element(list, [token](std::string_view element) { return same_without_case(element, token); });
}

// 16 bytes in base64 are 22 digits and two signs that fill. Source: RFC 4648 section 4.
bool is_key(std::string_view text) noexcept {
  return text.size() == 24 && text.ends_with("==") && text.find_first_not_of(alphabet) == 22;
}

std::string base64(const std::array<unsigned char, 20>& bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](std::size_t j) { return j < bytes.size() ? unsigned{bytes[j]} : 0U; };
    const unsigned group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    for (int shift = 18; shift >= 0; shift -= 6) out += alphabet[group >> shift & 63];
  }
  out.back() = '='; // 20 bytes leave two in the last group
  return out;
}

// The host and port of a URL or origin, without a port that its scheme implies.
std::string_view authority_of(std::string_view origin) noexcept {
  const auto colon = origin.find("://");
  if (colon == std::string_view::npos) return {};
  const auto scheme = origin.substr(0, colon);
  auto authority = origin.substr(colon + 3);
  const std::string_view implied = scheme == "https" ? ":443" : scheme == "http" ? ":80" : "";
  if (!implied.empty() && authority.ends_with(implied)) authority.remove_suffix(implied.size());
  return authority;
}

// The request's authority, without the port that the origin's scheme implies.
bool is_same_host(std::string_view origin, std::string_view host) noexcept {
  const auto authority = authority_of(origin);
  const std::string_view implied = origin.starts_with("https:") ? ":443" : ":80";
  if (host.ends_with(implied)) host.remove_suffix(implied.size());
  return !authority.empty() && same_without_case(authority, host);
}

handshake::verdict refused(std::uint16_t status, std::string_view why) {
  handshake::verdict v;
  v.status = status;
  v.why = why;
  if (status == 426) {
    v.fields = upgrade_fields;
    v.fields += "Sec-WebSocket-Version: 13\r\n";
  }
  if (status == 405) v.fields = "Allow: GET\r\n";
  return v;
}

} // namespace

void handshake::take_target(std::string_view target) {
  const auto colon = target.find("://");
  if (target.starts_with('/') || colon == std::string_view::npos) return;
  authority_ = target.substr(colon + 3);
  authority_ = authority_.substr(0, authority_.find_first_of("/?"));
}

void handshake::take(std::string_view name, std::string_view value) {
  const auto note = [&](once& field) {
    field.value = value;
    ++field.times;
  };
  // Most fields of a request are not ours; their lengths tell.
  switch (name.size()) {
  case 4:
    if (same_without_case(name, "Host")) note(host_);
    break;
  case 6:
    if (same_without_case(name, "Origin")) note(origin_);
    break;
  case 7:
    if (same_without_case(name, "Upgrade")) names_websocket_ = names_websocket_ || names(value, "websocket");
    break;
  case 10:
    if (same_without_case(name, "Connection")) names_upgrade_ = names_upgrade_ || names(value, "upgrade");
    break;
  case 17:
    if (same_without_case(name, "Sec-WebSocket-Key")) note(key_);
    break;
  case 21:
    if (same_without_case(name, "Sec-WebSocket-Version")) note(version_);
    break;
  case 22:
    if (same_without_case(name, "Sec-WebSocket-Protocol")) offered_.push_back(value);
    break;
  case 24:
    if (same_without_case(name, "Sec-WebSocket-Extensions")) extensions_.take(value);
    break;
  default: break;
  }
}

bool handshake::allows_origin(const handshake_rules& rules) const {
  if (rules.any_origin || origin_.times == 0) return true;
  if (origin_.times > 1) return false;
  if (is_same_host(origin_.value, authority_.empty() ? host_.value : authority_)) return true;
  return std::any_of(rules.origins.begin(), rules.origins.end(),
                     [this](const std::string& allowed) { return same_without_case(allowed, origin_.value); });
}

handshake::verdict handshake::judge(bool is_get, bool is_http_1_1, bool has_body, const handshake_rules& rules, bool may_compress) const {
  if (!is_get) return refused(405, "a WebSocket is opened with GET");
  if (!is_http_1_1) return refused(400, "a WebSocket is opened with HTTP/1.1");
  if (!names_websocket_ || !names_upgrade_) return refused(426, "this path speaks WebSocket: ask for the upgrade");
  if (version_.times != 1 || version_.value != "13") return refused(426, "the only WebSocket version spoken here is 13");
  if (has_body) return refused(400, "a WebSocket is opened without a body");
  if (key_.times != 1 || !is_key(key_.value)) return refused(400, "Sec-WebSocket-Key must be 16 bytes in base64, once");
  if (extensions_.is_malformed()) return refused(400, "Sec-WebSocket-Extensions is not a list of extensions");
  if (!allows_origin(rules)) return refused(403, "pages of this origin may not connect");
  verdict v;
  for (const auto list : offered_) {
    const bool chosen = any_element(list, [&](std::string_view offer) {
      const auto found = std::find(rules.subprotocols.begin(), rules.subprotocols.end(), offer);
      if (found != rules.subprotocols.end()) v.subprotocol = *found;
      return !v.subprotocol.empty();
    });
    if (chosen) break;
  }
  v.fields = upgrade_fields;
  v.fields += "Sec-WebSocket-Accept: " + accept_value(key_.value) + "\r\n";
  if (!v.subprotocol.empty()) v.fields.append("Sec-WebSocket-Protocol: ").append(v.subprotocol).append("\r\n");
  if (may_compress) v.deflate = extensions_.agreement();
  if (v.deflate) v.fields += field_line(*v.deflate);
  return v;
}

std::string accept_value(std::string_view key) {
  std::string text(key);
  text += protocol_guid;
  return base64(sha1(text));
}

} // namespace troupe::websocket
