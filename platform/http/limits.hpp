#pragma once

#include <cstddef>
#include <cstdint>

namespace troupe::http {

/// Bounds of one request. What the client sees when one is exceeded stands in platform/http/README.md.
struct limits {
  std::size_t empty_lines = 5;             ///< before a request line: 400
  std::size_t request_line_bytes = 8000;   ///< method, target and version: 414
  std::size_t method_bytes = 32;           ///< 501
  std::size_t head_bytes = 16 * 1024;      ///< request line and all fields: 431
  std::size_t fields = 100;                ///< 431
  std::size_t field_name_bytes = 64;       ///< 431
  std::size_t field_value_bytes = 4096;    ///< 431
  std::uint64_t body_bytes = 1024 * 1024;  ///< 413
  std::size_t trailer_bytes = 4096;        ///< the last chunk with its trailer section: 431
  std::size_t chunk_line_bytes = 256;      ///< chunk size with its extensions: 400
};

} // namespace troupe::http
