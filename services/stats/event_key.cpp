#include "services/stats/event_key.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

namespace troupe::stats {

void event_hasher::release::operator()(EVP_MD* algorithm) const noexcept { ::EVP_MD_free(algorithm); }
void event_hasher::release::operator()(EVP_MD_CTX* context) const noexcept { ::EVP_MD_CTX_free(context); }

// Fetched once: the lookup of an algorithm by its name costs more than the digest.
event_hasher::event_hasher()
    : algorithm_(::EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(::EVP_MD_CTX_new()) {
  if (!algorithm_ || !context_) throw std::runtime_error("the cryptographic library has no SHA-256");
}

event_key event_hasher::operator()(std::string_view product_id, std::string_view event_id) {
  const auto length = static_cast<unsigned char>(product_id.size());
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  auto* context = context_.get();
  if (::EVP_DigestInit_ex2(context, algorithm_.get(), nullptr) != 1 ||
      ::EVP_DigestUpdate(context, &length, 1) != 1 ||
      ::EVP_DigestUpdate(context, product_id.data(), product_id.size()) != 1 ||
      ::EVP_DigestUpdate(context, event_id.data(), event_id.size()) != 1 ||
      ::EVP_DigestFinal_ex(context, digest.data(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 failed");
  }
  event_key key;
  std::transform(digest.begin(), digest.begin() + key.bytes.size(), key.bytes.begin(),
                 [](unsigned char byte) { return std::byte{byte}; });
  return key;
}

std::uint32_t product_slot(std::string_view product_id) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : product_id) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3U;
  }
  hash ^= hash >> 32;
  return static_cast<std::uint32_t>(hash ^ (hash >> 16)) % slot_count;
}

} // namespace troupe::stats
