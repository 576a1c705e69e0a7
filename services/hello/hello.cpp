#include "services/hello/hello.hpp"

namespace troupe::hello {

hello_actor::behavior_type hello(hello_actor::pointer self, const actor::service_metrics& metrics) {
  return actor::serve<hello_actor>(
      self, metrics,
      [hello = base::shared_bytes("Hello")](const actor::envelope&, const v1::GreetRequest&) { return greeting{hello}; },
      [](const actor::envelope&, const v1::EchoRequest& request) {
        v1::EchoReply reply;
        reply.set_content_type(request.content_type());
        reply.set_body(request.body());
        return reply;
      },
      [](const actor::envelope&, const echo_opened&) {},
      [](const actor::envelope&, const echo_received& received) { return received.message; },
      [](const actor::envelope&, const echo_closed&) {});
}

} // namespace troupe::hello
