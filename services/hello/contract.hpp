#pragma once

#include "hello/v1/hello.pb.h"
#include "platform/actor/type_ids.hpp"

#include <caf/result.hpp>
#include <caf/typed_actor.hpp>

CAF_BEGIN_TYPE_ID_BLOCK(troupe_hello, troupe::actor::type_ids::hello)
  CAF_ADD_TYPE_ID(troupe_hello, (troupe::hello::v1::GreetRequest))
  CAF_ADD_TYPE_ID(troupe_hello, (troupe::hello::v1::Greeting))
  CAF_ADD_TYPE_ID(troupe_hello, (troupe::hello::v1::EchoRequest))
  CAF_ADD_TYPE_ID(troupe_hello, (troupe::hello::v1::EchoReply))
CAF_END_TYPE_ID_BLOCK(troupe_hello)

TROUPE_LOCAL_MESSAGE(troupe::hello::v1::GreetRequest)
TROUPE_LOCAL_MESSAGE(troupe::hello::v1::Greeting)
TROUPE_LOCAL_MESSAGE(troupe::hello::v1::EchoRequest)
TROUPE_LOCAL_MESSAGE(troupe::hello::v1::EchoReply)

namespace troupe::hello {

using hello_actor = caf::typed_actor<
    // Says hello. No errors. Idempotent.
    caf::result<v1::Greeting>(actor::envelope, v1::GreetRequest),
    // Returns what it was sent. No errors. Idempotent.
    caf::result<v1::EchoReply>(actor::envelope, v1::EchoRequest)>;

} // namespace troupe::hello
