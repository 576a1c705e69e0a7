#include "platform/websocket/message_deflater.hpp"

#include <zlib.h>

#include <algorithm>

namespace troupe::websocket {

namespace {
constexpr std::size_t tail_bytes = 4; // 00 00 FF FF, which a flush ends with and the message leaves out

// zlib goes through its whole hash table each time a window is full: a small window with a large table costs many times the work.
constexpr int memory_level(int window_bits) { return std::min(8, window_bits - 5); }
} // namespace

void message_deflater::end::operator()(z_stream_s* stream) const noexcept {
  ::deflateEnd(stream);
  delete stream;
}

z_stream_s* message_deflater::begin(int window_bits) {
  auto& stream = streams_[static_cast<std::size_t>(window_bits - least_window_bits)];
  if (stream) return ::deflateReset(stream.get()) == Z_OK ? stream.get() : nullptr;
  auto fresh = std::make_unique<z_stream>();
  if (::deflateInit2(fresh.get(), level_, Z_DEFLATED, -window_bits, memory_level(window_bits), Z_DEFAULT_STRATEGY) != Z_OK) return nullptr;
  stream.reset(fresh.release());
  return stream.get();
}

std::string_view message_deflater::deflate(std::string_view message, int window_bits) {
  if (message.size() < least_bytes || message.size() > most_bytes) return {};
  auto* stream = begin(window_bits);
  if (!stream) return {};
  // With the tail it may have three bytes more than the message; a full buffer says that there would be more.
  const auto room = message.size() + tail_bytes;
  if (buffer_.size() < room) buffer_.resize(room);
  stream->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(message.data())); // zlib only reads
  stream->avail_in = static_cast<uInt>(message.size());
  stream->next_out = reinterpret_cast<Bytef*>(buffer_.data());
  stream->avail_out = static_cast<uInt>(room);
  if (::deflate(stream, Z_SYNC_FLUSH) != Z_OK || stream->avail_out == 0) return {};
  return std::string_view(buffer_).substr(0, room - stream->avail_out - tail_bytes);
}

} // namespace troupe::websocket
