#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troupe::http {

/// Appends "name: value\r\n" to out. False, and nothing appended, when the name is not a token, or the value holds anything but printable
/// ASCII, spaces and tabs: no field can leave its line.
/// Source: RFC 9110 sections 5.5 and 5.6.2.
bool render_field(std::string& out, std::string_view name, std::string_view value);

/// Whether a field of that name says where the message ends, or is else the connection plane's to write: Connection, Content-Length, Date,
/// Keep-Alive, Trailer, Transfer-Encoding. Source: RFC 9112 section 6.
[[nodiscard]] bool frames_message(std::string_view name) noexcept;

/// The value of the first field of that name among rendered lines, or nullopt. Lifetime: that of the lines. Cost: O(bytes).
[[nodiscard]] std::optional<std::string_view> find_field(std::string_view lines, std::string_view name) noexcept;

} // namespace troupe::http
