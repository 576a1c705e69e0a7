#include "platform/net/ticket_keys.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>

namespace troupe::net {

ticket_keys::~ticket_keys() {
  for (auto& k : keys_) ::OPENSSL_cleanse(&k.key, sizeof k.key);
}

void ticket_keys::drop_old(base::time_point now) {
  while (!keys_.empty() && now - keys_.back().made >= period * (periods_kept + 1)) {
    ::OPENSSL_cleanse(&keys_.back().key, sizeof keys_.back().key);
    keys_.pop_back();
  }
}

bool ticket_keys::newest(base::time_point now, ticket_key& out) {
  const std::lock_guard lock(guard_);
  if (keys_.empty() || now - keys_.front().made >= period) {
    drop_old(now);
    dated fresh{{}, now};
    static_assert(sizeof fresh.key == 80, "no gap that would not be random");
    if (::RAND_bytes(reinterpret_cast<unsigned char*>(&fresh.key), sizeof fresh.key) != 1) return false;
    keys_.push_front(fresh);
    ::OPENSSL_cleanse(&fresh.key, sizeof fresh.key);
  }
  out = keys_.front().key;
  return true;
}

ticket_keys::found ticket_keys::find(std::span<const unsigned char, 16> name, base::time_point now, ticket_key& out) {
  const std::lock_guard lock(guard_);
  drop_old(now);
  for (auto& k : keys_) {
    if (!std::equal(name.begin(), name.end(), k.key.name.begin())) continue;
    out = k.key;
    return &k == &keys_.front() && now - k.made < period ? found::newest : found::older;
  }
  return found::no;
}

} // namespace troupe::net
