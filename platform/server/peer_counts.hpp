#pragma once

#include "platform/base/ip_address.hpp"
#include "platform/base/keyed_hash.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace troupe::server {

/// How many sessions each peer has, so that none takes all. A peer is an IPv4 address or the first 64 bits of an IPv6 address, which is
/// what one customer gets (source: RFC 6177). Shared by a listener's acceptors and connection actors, which come here when a session
/// begins and when it ends, never in between. Thread: any. Cost: one short lock, O(1).
/// Memory: 32 bytes for each peer that has a session, so no more than sessions.
class peer_counts {
 public:
  /// The place of a session that is not counted.
  static constexpr std::uint32_t exempt = UINT32_MAX;

  explicit peer_counts(std::uint32_t most_each);

  /// Counts one more session of the peer; its place, for `leave`. nullopt, and nothing counted: the peer has its most.
  [[nodiscard]] std::optional<std::uint32_t> enter(const base::ip_address& peer);
  void leave(std::uint32_t place) noexcept;

  /// Peers that have a session.
  [[nodiscard]] std::size_t peers() const;

 private:
  static constexpr std::uint32_t none = UINT32_MAX;
  struct record {
    std::uint64_t peer = 0;
    std::uint32_t sessions = 0;
    std::uint32_t next = none; // in its bucket, or in the free list
  };
  [[nodiscard]] std::size_t bucket_of(std::uint64_t peer) const noexcept;
  void grow();

  mutable std::mutex guard_;
  std::uint32_t most_each_;
  base::hash_secret secret_; // so that nobody can choose addresses that share a bucket
  std::vector<record> records_;
  std::vector<std::uint32_t> buckets_; // a power of two of them, the first record of each
  std::uint32_t free_ = none;
  std::size_t used_ = 0;
};

} // namespace troupe::server
