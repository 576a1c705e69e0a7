#pragma once

#include "platform/actor/envelope.hpp"
#include "platform/base/bytes.hpp"
#include "platform/base/error.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/is_error_code_enum.hpp>
#include <caf/message.hpp>
#include <caf/type_id.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

/// Gives a message type to CAF: messages stay in this process (tiers speak protobuf over gRPC), so nothing is serialised
/// and no `inspect` is needed. Use it once a type, at global scope, after the type's CAF_ADD_TYPE_ID.
#define TROUPE_LOCAL_MESSAGE(type_name) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(type_name)

namespace troupe::actor {

/// Where each id block begins. A block may hold 50 types; a new service takes the next number.
namespace type_ids {
inline constexpr caf::type_id_t platform = caf::first_custom_type_id;
inline constexpr caf::type_id_t server = platform + 50;
inline constexpr caf::type_id_t hello = server + 50;
inline constexpr caf::type_id_t catalog = hello + 50;
inline constexpr caf::type_id_t payment = catalog + 50;
inline constexpr caf::type_id_t stats = payment + 50;
inline constexpr caf::type_id_t tests = stats + 50;
} // namespace type_ids

/// A service's replica is to be started again; sent by its supervisor to itself.
struct restart_replica {
  std::size_t replica = 0;
};

/// A service actor of Troupe's own accord does something periodic; sent by the actor to itself.
struct tick {};

/// A service has begun to stream an answer; the number, from 1, names the stream within the replica.
struct stream_opened {
  std::uint64_t stream = 0;
};
/// Asks for a stream's next chunk.
struct next_chunk {
  std::uint64_t stream = 0;
};
/// Nobody will ask for the stream again. No answer.
struct cancel_stream {
  std::uint64_t stream = 0;
};
/// A part of a streamed answer, as it is sent.
struct stream_chunk {
  static constexpr std::size_t most_bytes = 128 * 1024;
  base::shared_bytes bytes; ///< at least one, but for the last chunk
  bool is_last = false;
};

/// A message of a batch: a request with the number that `request_id` takes, or the answer to the request of that number.
struct numbered_message {
  std::uint64_t number = 0;
  caf::message content;
};
/// Requests of one caller to one replica, as one message; see `request_batch.hpp`.
struct request_batch {
  static constexpr std::size_t most = 32;
  std::vector<numbered_message> requests;
};
/// Answers to some of a batch's requests.
struct answer_batch {
  std::vector<numbered_message> answers;
};

} // namespace troupe::actor

CAF_BEGIN_TYPE_ID_BLOCK(troupe_platform, troupe::actor::type_ids::platform)
  CAF_ADD_TYPE_ID(troupe_platform, (troupe::actor::envelope))
  CAF_ADD_TYPE_ID(troupe_platform, (troupe::base::errc))
  CAF_ADD_TYPE_ID(troupe_platform, (troupe::actor::restart_replica))
  CAF_ADD_TYPE_ID(troupe_platform, (troupe::actor::tick))
  CAF_ADD_TYPE_ID(troupe_platform, (troupe::actor::stream_opened))
  CAF_ADD_TYPE_ID(troupe_platform, (troupe::actor::next_chunk))
  CAF_ADD_TYPE_ID(troupe_platform, (troupe::actor::cancel_stream))
  CAF_ADD_TYPE_ID(troupe_platform, (troupe::actor::stream_chunk))
  CAF_ADD_TYPE_ID(troupe_platform, (troupe::actor::request_batch))
  CAF_ADD_TYPE_ID(troupe_platform, (troupe::actor::answer_batch))
CAF_END_TYPE_ID_BLOCK(troupe_platform)

TROUPE_LOCAL_MESSAGE(troupe::actor::envelope)
TROUPE_LOCAL_MESSAGE(troupe::base::errc)
TROUPE_LOCAL_MESSAGE(troupe::actor::restart_replica)
TROUPE_LOCAL_MESSAGE(troupe::actor::tick)
TROUPE_LOCAL_MESSAGE(troupe::actor::stream_opened)
TROUPE_LOCAL_MESSAGE(troupe::actor::next_chunk)
TROUPE_LOCAL_MESSAGE(troupe::actor::cancel_stream)
TROUPE_LOCAL_MESSAGE(troupe::actor::stream_chunk)
TROUPE_LOCAL_MESSAGE(troupe::actor::request_batch)
TROUPE_LOCAL_MESSAGE(troupe::actor::answer_batch)
CAF_ERROR_CODE_ENUM(troupe::base::errc)
