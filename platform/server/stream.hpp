#pragma once

#include "platform/base/bytes.hpp"

#include <caf/actor_control_block.hpp>

#include <cstdint>

namespace troupe::server {

/// What an exchange borrows while its answer comes chunk by chunk from a service. A chunk is asked for when the one before it has been given
/// to the output, so one may wait here and one be on its way to the socket, never more.
struct stream {
  caf::strong_actor_ptr source; ///< the replica that has opened the stream
  std::uint64_t number = 0;     ///< the stream's within the replica
  base::shared_bytes chunk;     ///< has come, is not rendered
  bool is_pulling = false;      ///< a chunk has been asked for
  bool is_complete = false;     ///< `chunk` is the last one: the service has forgotten the stream
  bool has_begun = false;       ///< the head has been rendered
};

} // namespace troupe::server
