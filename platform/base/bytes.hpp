#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include <atomic>

namespace troupe::base {

/// Immutable bytes shared by reference count: one allocation, 8 bytes a handle. A body that a service has encoded once
/// travels through mailboxes and leaves in scatter-gather writes without being copied.
/// Thread: any; the count is atomic, the bytes never change. Views live as long as a handle does.
class shared_bytes {
 public:
  shared_bytes() noexcept = default;

  /// Copies the text. Cost: one allocation; none for an empty text.
  explicit shared_bytes(std::string_view text) {
    if (text.empty()) return;
    block_ = ::new (::operator new(sizeof(block) + text.size())) block{1, text.size()};
    std::memcpy(reinterpret_cast<char*>(block_ + 1), text.data(), text.size());
  }

  shared_bytes(const shared_bytes& other) noexcept : block_(other.block_) {
    if (block_) block_->users.fetch_add(1, std::memory_order_relaxed);
  }
  shared_bytes(shared_bytes&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  shared_bytes& operator=(shared_bytes other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~shared_bytes() {
    if (block_ && block_->users.fetch_sub(1, std::memory_order_acq_rel) == 1) ::operator delete(block_);
  }

  [[nodiscard]] std::string_view view() const noexcept {
    return block_ ? std::string_view{reinterpret_cast<const char*>(block_ + 1), block_->size} : std::string_view{};
  }
  [[nodiscard]] std::size_t size() const noexcept { return block_ ? block_->size : 0; }
  [[nodiscard]] bool empty() const noexcept { return block_ == nullptr; }

 private:
  struct block {
    std::atomic<std::size_t> users;
    std::size_t size;
  };
  block* block_ = nullptr;
};

} // namespace troupe::base
