#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

struct evp_md_st;
struct evp_md_ctx_st;

namespace troupe::stats {

/// What tells events apart: the first 128 bits of SHA-256 over the length of the product id (one byte), the
/// product id and the event id. Stored, so it never changes. Two of 2,000,000 different events share a key
/// with probability 6e-27.
struct event_key {
  std::array<std::byte, 16> bytes{};

  friend bool operator==(const event_key&, const event_key&) = default;
};

/// Computes event keys. Thread: one at a time. Throws std::runtime_error when the cryptographic library fails
/// (out of memory).
class event_hasher {
 public:
  event_hasher();
  event_hasher(event_hasher&&) noexcept = default;
  event_hasher& operator=(event_hasher&&) noexcept = default;
  ~event_hasher() = default;

  /// `product_id`: at most 255 bytes. Cost: about 0.3 us, no allocation.
  [[nodiscard]] event_key operator()(std::string_view product_id, std::string_view event_id);

 private:
  struct release {
    void operator()(evp_md_st* algorithm) const noexcept;
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_md_st, release> algorithm_;
  std::unique_ptr<evp_md_ctx_st, release> context_;
};

/// Products fall into this many slots, whatever the number of shards; a shard owns every slot that is its
/// number modulo the number of shards. So what has been stored finds its shard again when their number
/// changes.
inline constexpr std::uint32_t slot_count = 65'536;

/// 0..slot_count-1; stored, so it never changes. Somebody who chooses ids to share a slot only makes one
/// shard busier than others.
/// Source: FNV-1a, 64 bits, folded to 16 (draft-eastlake-fnv-21).
[[nodiscard]] std::uint32_t product_slot(std::string_view product_id) noexcept;

} // namespace troupe::stats
