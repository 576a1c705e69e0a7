#pragma once

#include "hello/v1/hello.pb.h"
#include "platform/actor/type_ids.hpp"
#include "platform/base/bytes.hpp"
#include "platform/server/channel.hpp"

#include <caf/result.hpp>
#include <caf/typed_actor.hpp>

namespace troupe::hello {

/// A greeting as it is sent: encoded once, shared by all who are greeted.
struct greeting {
  base::shared_bytes text;
};

using echo_opened = server::channel_opened<v1::EchoStreamRequest, v1::EchoMessage>;
using echo_received = server::channel_received<v1::EchoMessage, v1::EchoMessage>;
using echo_closed = server::channel_closed<v1::EchoMessage>;

} // namespace troupe::hello

CAF_BEGIN_TYPE_ID_BLOCK(troupe_hello, troupe::actor::type_ids::hello)
  CAF_ADD_TYPE_ID(troupe_hello, (troupe::hello::v1::GreetRequest))
  CAF_ADD_TYPE_ID(troupe_hello, (troupe::hello::greeting))
  CAF_ADD_TYPE_ID(troupe_hello, (troupe::hello::v1::EchoRequest))
  CAF_ADD_TYPE_ID(troupe_hello, (troupe::hello::v1::EchoReply))
  CAF_ADD_TYPE_ID(troupe_hello, (troupe::hello::v1::EchoMessage))
  CAF_ADD_TYPE_ID(troupe_hello, (troupe::hello::echo_opened))
  CAF_ADD_TYPE_ID(troupe_hello, (troupe::hello::echo_received))
  CAF_ADD_TYPE_ID(troupe_hello, (troupe::hello::echo_closed))
CAF_END_TYPE_ID_BLOCK(troupe_hello)

TROUPE_LOCAL_MESSAGE(troupe::hello::v1::GreetRequest)
TROUPE_LOCAL_MESSAGE(troupe::hello::greeting)
TROUPE_LOCAL_MESSAGE(troupe::hello::v1::EchoRequest)
TROUPE_LOCAL_MESSAGE(troupe::hello::v1::EchoReply)
TROUPE_LOCAL_MESSAGE(troupe::hello::v1::EchoMessage)

namespace troupe::hello {

using hello_actor = caf::typed_actor<
    // Says hello. No errors. Idempotent.
    caf::result<greeting>(actor::envelope, v1::GreetRequest),
    // Returns what it was sent. No errors. Idempotent.
    caf::result<v1::EchoReply>(actor::envelope, v1::EchoRequest),
    // An echo channel: every message is answered with itself. No errors.
    caf::result<void>(actor::envelope, echo_opened), caf::result<v1::EchoMessage>(actor::envelope, echo_received),
    caf::result<void>(actor::envelope, echo_closed)>;

} // namespace troupe::hello
