#include "platform/server/peer_counts.hpp"

namespace troupe::server {

namespace {

std::uint64_t peer_of(const base::ip_address& address) noexcept {
  const auto& bytes = address.bytes();
  std::uint64_t peer = 0;
  for (std::size_t i = 0; i < 8; ++i) peer = peer << 8 | bytes[i];
  if (!address.is_v4()) return peer;
  // Beside all prefixes of IPv6: no peer has a multicast address.
  peer = 0xffff'ffffu;
  for (std::size_t i = 12; i < 16; ++i) peer = peer << 8 | bytes[i];
  return peer;
}

} // namespace

peer_counts::peer_counts(std::uint32_t most_each) : most_each_(most_each), secret_(base::process_secret()), buckets_(64, none) {}

std::size_t peer_counts::bucket_of(std::uint64_t peer) const noexcept {
  const auto hash = base::table_hash(secret_, {reinterpret_cast<const char*>(&peer), sizeof peer});
  return static_cast<std::size_t>(hash) & (buckets_.size() - 1);
}

std::optional<std::uint32_t> peer_counts::enter(const base::ip_address& address) {
  const auto peer = peer_of(address);
  const std::lock_guard lock(guard_);
  auto* bucket = &buckets_[bucket_of(peer)];
  for (auto at = *bucket; at != none; at = records_[at].next) {
    auto& known = records_[at];
    if (known.peer != peer) continue;
    if (known.sessions >= most_each_) return std::nullopt;
    ++known.sessions;
    return at;
  }
  if (most_each_ == 0) return std::nullopt;
  if (used_ >= buckets_.size()) {
    grow();
    bucket = &buckets_[bucket_of(peer)];
  }
  auto place = free_;
  if (place == none) {
    place = static_cast<std::uint32_t>(records_.size());
    records_.emplace_back();
  } else {
    free_ = records_[place].next;
  }
  records_[place] = {peer, 1, *bucket};
  *bucket = place;
  ++used_;
  return place;
}

void peer_counts::leave(std::uint32_t place) noexcept {
  if (place == exempt) return;
  const std::lock_guard lock(guard_);
  auto& ended = records_[place];
  if (--ended.sessions > 0) return;
  auto* link = &buckets_[bucket_of(ended.peer)];
  while (*link != place) link = &records_[*link].next;
  *link = ended.next;
  ended.next = free_;
  free_ = place;
  --used_;
}

void peer_counts::grow() {
  buckets_.assign(buckets_.size() * 2, none);
  for (std::uint32_t at = 0; at < records_.size(); ++at) {
    auto& moved = records_[at];
    if (moved.sessions == 0) continue; // in the free list
    auto& bucket = buckets_[bucket_of(moved.peer)];
    moved.next = bucket;
    bucket = at;
  }
}

std::size_t peer_counts::peers() const {
  const std::lock_guard lock(guard_);
  return used_;
}

} // namespace troupe::server
