#pragma once

#include "platform/actor/service.hpp"
#include "platform/actor/type_ids.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/local_actor.hpp>
#include <caf/message.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace troupe::server {

/// Marks a message id as one of a batch of requests and not of an exchange.
inline constexpr std::uint64_t batch_numbers = std::uint64_t{1} << 57;

/// Requests to services on their way: those of one turn to one replica leave as one message (`actor::request_batch`), because a message costs
/// a fifth of all that a `/hello` does. One alone leaves as it is. Replicas are actors made with `actor::serve`.
/// Thread: its owner.
class call_batches {
 public:
  /// `owner` sends them, and gets the answers.
  explicit call_batches(caf::local_actor& owner) : owner_(owner) {}

  /// Takes a request with its number (see `actor::request_id`) for a replica of the service. Sends what it has for the service first when that is a whole batch, or
  /// is for another replica. When there is no memory, nothing is taken and nothing lost. Returns the number of the request's batch, from 1: when no answer is an `answer_batch` but an error, to `batch_numbers | batch`, it is
  /// that of all its requests. Cost: an allocation a batch.
  std::uint32_t add(const actor::service_slot& slot, caf::abstract_actor& replica, std::uint64_t number, caf::message content);

  /// Sends all that is gathered; at the end of every turn.
  void send();

 private:
  struct batch {
    caf::strong_actor_ptr replica;
    std::uint32_t number = 0;
    actor::request_batch content;
  };
  void send(batch& b);

  caf::local_actor& owner_;
  std::vector<batch> by_service_;     // by the slots' indices
  std::vector<std::size_t> gathered_; // services that may have requests here
  std::uint32_t last_ = 0;
};

} // namespace troupe::server
