#include "platform/websocket/message_inflater.hpp"

#include "platform/websocket/utf8_check.hpp"

#include <zlib.h>

#include <algorithm>

namespace troupe::websocket {

namespace {

constexpr int window_bits = -15; // the largest window, which holds what any smaller one does; without a zlib header
constexpr std::string_view removed_tail("\0\0\xFF\xFF", 4);
constexpr std::size_t first_step = 4096;
constexpr std::size_t kept_bytes = 64 * 1024;
constexpr int is_between_blocks = 128; // in z_stream.data_type

} // namespace

void message_inflater::end::operator()(z_stream_s* stream) const noexcept {
  ::inflateEnd(stream);
  delete stream;
}

bool message_inflater::begin() {
  if (stream_) return ::inflateReset(stream_.get()) == Z_OK;
  auto stream = std::make_unique<z_stream>();
  if (::inflateInit2(stream.get(), window_bits) != Z_OK) return false;
  stream_.reset(stream.release());
  return true;
}

void message_inflater::forget() {
  size_ = 0;
  if (buffer_.size() > kept_bytes) buffer_ = {};
}

message_inflater::outcome message_inflater::inflate(std::string_view compressed, std::size_t limit, bool is_text) {
  forget();
  const auto seen = begin() ? run(compressed, limit, is_text) : outcome::no_memory;
  if (seen != outcome::complete) forget();
  return seen;
}

message_inflater::outcome message_inflater::run(std::string_view compressed, std::size_t limit, bool is_text) {
  const auto most = limit + 1;
  utf8_check text;
  bool has_ended = false;
  for (const auto piece : {compressed, removed_tail}) {
    stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data())); // zlib only reads
    stream_->avail_in = static_cast<uInt>(piece.size());
    do {
      if (size_ == buffer_.size()) buffer_.resize(std::min(most, std::max(first_step, 2 * size_)));
      stream_->next_out = reinterpret_cast<Bytef*>(buffer_.data()) + size_;
      stream_->avail_out = static_cast<uInt>(std::min(most, buffer_.size()) - size_);
      const auto room = stream_->avail_out;
      const int status = ::inflate(stream_.get(), Z_SYNC_FLUSH);
      const auto step = std::string_view(buffer_).substr(size_, room - stream_->avail_out);
      size_ += step.size();
      if (size_ > limit) return outcome::too_big;
      if (is_text && !text.take(step)) return outcome::bad_text;
      const bool stands_still = status == Z_BUF_ERROR; // what was said before still holds
      has_ended = status == Z_STREAM_END || (stream_->data_type & is_between_blocks) != 0 || (stands_still && has_ended);
      if (status == Z_MEM_ERROR) return outcome::no_memory;
      if (status != Z_OK && status != Z_STREAM_END && !stands_still) return outcome::bad_data;
      // A block that says it is the last may be followed by others, which may refer to what came before it (RFC 7692 section 7.2.1):
      // the window stays. Unlike inflateGetDictionary and inflateSetDictionary this costs nothing, however many such blocks there are.
      if (status == Z_STREAM_END && ::inflateResetKeep(stream_.get()) != Z_OK) return outcome::bad_data;
    } while (stream_->avail_in > 0 || stream_->avail_out == 0);
  }
  if (!has_ended) return outcome::bad_data;
  return is_text && !text.is_complete() ? outcome::bad_text : outcome::complete;
}

} // namespace troupe::websocket
