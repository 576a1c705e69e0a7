#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace troupe::server {

/// Records at stable places, found by a 32-bit index and reused through a free list: no allocation once grown, no record ever moves.
/// Grows by chunks up to a bound, which is rounded up to a whole chunk. Thread: its owner.
template <class Record, std::size_t ChunkRecords = 1024>
class slab {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  explicit slab(std::size_t most) : most_(most) {}

  /// A free record, as its last user left it; `none` when the bound is reached. When there is no memory to grow, nothing has changed.
  [[nodiscard]] std::uint32_t acquire() {
    if (free_.empty()) {
      const auto begin = chunks_.size() * ChunkRecords;
      if (begin >= most_) return none;
      free_.reserve(begin + ChunkRecords);
      chunks_.push_back(std::make_unique<Record[]>(ChunkRecords));
      for (std::size_t i = ChunkRecords; i > 0; --i) free_.push_back(static_cast<std::uint32_t>(begin + i - 1));
    }
    const auto index = free_.back();
    free_.pop_back();
    return index;
  }
  void release(std::uint32_t index) noexcept { free_.push_back(index); } // there is room for all

  [[nodiscard]] Record& operator[](std::uint32_t index) noexcept {
    return chunks_[index / ChunkRecords][index % ChunkRecords];
  }
  [[nodiscard]] const Record& operator[](std::uint32_t index) const noexcept {
    return chunks_[index / ChunkRecords][index % ChunkRecords];
  }

  [[nodiscard]] std::size_t in_use() const noexcept { return chunks_.size() * ChunkRecords - free_.size(); }
  /// Records that exist, in use or free; indices are below it.
  [[nodiscard]] std::size_t capacity() const noexcept { return chunks_.size() * ChunkRecords; }

 private:
  std::size_t most_;
  std::vector<std::unique_ptr<Record[]>> chunks_;
  std::vector<std::uint32_t> free_;
};

} // namespace troupe::server
