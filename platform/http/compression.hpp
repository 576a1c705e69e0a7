#pragma once

#include "platform/http/gzip.hpp"
#include "platform/http/response.hpp"

#include <cstddef>

namespace troupe::http {

/// Bodies of fewer bytes win nothing by compression, those of more would keep the worker from everybody else.
inline constexpr std::size_t least_compressed_bytes = 1024;
inline constexpr std::size_t most_compressed_bytes = 256 * 1024;

/// Whether this answer is one that may come in gzip: a body of bytes within the bounds, of a compressible `content_type`, neither encoded
/// nor a part of something already.
[[nodiscard]] bool may_be_compressed(const response& r) noexcept;

/// Compresses the body of such an answer when the client accepts it and it becomes smaller: then Content-Encoding is added and the entity
/// tag, if there is one, made weak, because the bytes are others than those it was made for. Says Vary in any case. Other answers stay
/// as they are, but for a 304, which gets the Vary of the answer it stands for.
/// Source: RFC 9110 sections 8.4, 8.8.1, 12.5.5 and 15.4.5. Cost: that of `gzip_encoder::encode`.
void compress(response& r, gzip_encoder& encoder, bool client_accepts);

} // namespace troupe::http
