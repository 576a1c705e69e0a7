#pragma once

#include "platform/server/channel.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace troupe::server {

/// Messages that wait for one client, oldest first. An empty one holds no memory. Thread: its owner.
class frame_queue {
 public:
  [[nodiscard]] bool empty() const noexcept { return begin_ == frames_.size(); }
  /// As `channel_link::cost` counts.
  [[nodiscard]] std::int64_t cost() const noexcept { return cost_; }

  void push(outgoing message) {
    const auto more = channel_link::cost(message.bytes);
    frames_.push_back(std::move(message));
    cost_ += more;
  }

  /// The oldest message, taken out. Not of an empty queue.
  [[nodiscard]] outgoing pop() {
    auto oldest = std::move(frames_[begin_++]);
    cost_ -= channel_link::cost(oldest.bytes);
    if (empty()) {
      clear();
    } else if (begin_ >= 64 && begin_ * 2 >= frames_.size()) { // so that a queue that is never empty does not grow
      frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(begin_));
      begin_ = 0;
    }
    return oldest;
  }

  void clear() {
    if (frames_.capacity() > 16) {
      frames_ = {};
    } else {
      frames_.clear();
    }
    begin_ = 0;
    cost_ = 0;
  }

 private:
  std::vector<outgoing> frames_;
  std::size_t begin_ = 0;
  std::int64_t cost_ = 0;
};

} // namespace troupe::server
