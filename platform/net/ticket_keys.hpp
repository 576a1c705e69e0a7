#pragma once

#include "platform/base/clock.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>

namespace troupe::net {

/// What one generation of session tickets is sealed with. Source: RFC 5077 section 4.
struct ticket_key {
  std::array<unsigned char, 16> name;   ///< stands in the ticket, in clear
  std::array<unsigned char, 32> cipher; ///< AES-256-CBC
  std::array<unsigned char, 32> mac;    ///< HMAC-SHA-256
};

/// The keys of the session tickets of all listeners of this process. They are random, never leave its memory and change
/// every `period`; a ticket opens for at least `periods_kept` periods more, so one client resumes on any connection actor, and
/// across a reload of the certificates. Another process cannot open its tickets: there the client does a full handshake.
/// Thread: any; a lock, taken once or twice a handshake.
class ticket_keys {
 public:
  static constexpr std::chrono::hours period{1};
  static constexpr std::size_t periods_kept = 2;

  ticket_keys() = default;
  ~ticket_keys();
  ticket_keys(const ticket_keys&) = delete;
  ticket_keys& operator=(const ticket_keys&) = delete;

  /// The key for a new ticket; a new one when the last is a period old. False when the system gives no randomness.
  [[nodiscard]] bool newest(base::time_point now, ticket_key& out);

  enum class found : std::uint8_t { no, newest, older };
  /// The key of a ticket by its name. `older`: it opens, and the client should be given a new ticket.
  [[nodiscard]] found find(std::span<const unsigned char, 16> name, base::time_point now, ticket_key& out);

 private:
  struct dated {
    ticket_key key;
    base::time_point made;
  };
  void drop_old(base::time_point now);

  std::mutex guard_;
  std::deque<dated> keys_; // newest first
};

} // namespace troupe::net
