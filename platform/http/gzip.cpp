#include "platform/http/gzip.hpp"

#include <zlib.h>

#include <limits>

namespace troupe::http {

void gzip_encoder::end::operator()(z_stream_s* stream) const noexcept {
  ::deflateEnd(stream);
  delete stream;
}

std::string_view gzip_encoder::encode(std::string_view text) {
  if (text.size() < 2 || text.size() > std::numeric_limits<uInt>::max()) return {};
  if (!stream_) {
    constexpr int window_bits = 15 + 16; // the largest window, in a gzip frame
    constexpr int memory_level = 8;
    auto stream = std::make_unique<z_stream>();
    if (::deflateInit2(stream.get(), level_, Z_DEFLATED, window_bits, memory_level, Z_DEFAULT_STRATEGY) != Z_OK) return {};
    stream_.reset(stream.release());
  } else if (::deflateReset(stream_.get()) != Z_OK) {
    return {};
  }
  // What does not fit into one byte less is not worth sending.
  if (out_.size() < text.size()) out_.resize(text.size());
  stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); // zlib only reads
  stream_->avail_in = static_cast<uInt>(text.size());
  stream_->next_out = reinterpret_cast<Bytef*>(out_.data());
  stream_->avail_out = static_cast<uInt>(text.size() - 1);
  if (::deflate(stream_.get(), Z_FINISH) != Z_STREAM_END) return {};
  return std::string_view(out_).substr(0, stream_->total_out);
}

} // namespace troupe::http
