#pragma once

#include "platform/http/router.hpp"
#include "platform/server/channel_endpoint.hpp"
#include "platform/server/endpoint.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

namespace troupe::server {

/// One route with its rules.
struct route {
  std::string pattern; ///< also the `route` label of its metrics
  std::shared_ptr<const endpoint> target;
  std::chrono::milliseconds timeout{2000};
  actor::priority priority = actor::priority::normal;
  bool needs_idempotency_key = false;
  bool may_compress = true;
  bool is_alone = false;

  /// How long the service may take before the client is answered 504, or its channel is closed with 1013.
  route& within(std::chrono::milliseconds t) {
    timeout = t;
    return *this;
  }
  route& with_priority(actor::priority p) {
    priority = p;
    return *this;
  }
  /// Requests without a valid Idempotency-Key are answered 400; the key travels in the envelope. Such answers bear secrets.
  route& requires_idempotency_key() {
    needs_idempotency_key = true;
    return bears_secrets();
  }
  /// What a session asks behind such a request waits until the answer has left, so that a client gets many of these done at once only on as many
  /// connections: for requests that cost much more than they cost to send. Files and streams are so always, as they hold a descriptor, or a
  /// place of the service, until their client has taken them.
  route& one_at_a_time() {
    is_alone = true;
    return *this;
  }
  /// Answers hold what only this client may know. They are never compressed: where an attacker can have a text of his own beside a secret, the
  /// length of what is compressed betrays the secret (BREACH).
  route& bears_secrets() { return never_compressed(); }
  /// Answers keep their bytes, and so their strong ETag, which a later If-Match needs.
  route& never_compressed() {
    may_compress = false;
    return *this;
  }
};

/// The routes of one listener: filled at start, then never changed and shared by all its connection actors.
/// Patterns as in `http::router`. Adding throws std::invalid_argument for a malformed or doubled pattern.
class routes {
 public:
  route& get(std::string_view pattern, std::shared_ptr<endpoint> target) { return add(http::method::get, pattern, std::move(target)); }
  route& post(std::string_view pattern, std::shared_ptr<endpoint> target) { return add(http::method::post, pattern, std::move(target)); }
  route& put(std::string_view pattern, std::shared_ptr<endpoint> target) { return add(http::method::put, pattern, std::move(target)); }
  route& del(std::string_view pattern, std::shared_ptr<endpoint> target) { return add(http::method::del, pattern, std::move(target)); }
  /// A path whose connections become WebSockets: see `converse`.
  route& websocket(std::string_view pattern, std::shared_ptr<channel_endpoint> target);
  /// Answers every method.
  route& any(std::string_view pattern, std::shared_ptr<endpoint> target);
  route& add(http::method m, std::string_view pattern, std::shared_ptr<endpoint> target);

  /// Route numbers count from 0 in the order of adding.
  [[nodiscard]] const route& at(std::size_t number) const { return all_[number]; }
  [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
  [[nodiscard]] const http::router& table() const noexcept { return table_; }

 private:
  route& keep(std::string_view pattern, std::shared_ptr<endpoint> target);

  http::router table_;
  std::deque<route> all_; // addresses stay while routes are added
};

} // namespace troupe::server
