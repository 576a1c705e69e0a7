#include "services/hello/routes.hpp"

namespace troupe::hello {

namespace {

base::result<v1::GreetRequest> decode_greet(const http::request&) { return v1::GreetRequest{}; }

http::response encode_greeting(const v1::Greeting& greeting) {
  http::response r;
  r.content_type = "text/plain";
  r.body = base::shared_bytes(greeting.text());
  return r;
}

base::result<v1::EchoRequest> decode_echo(const http::request& request) {
  v1::EchoRequest message;
  if (const auto type = request.field("Content-Type")) message.set_content_type(std::string(*type));
  message.set_body(std::string(request.body));
  return message;
}

http::response encode_echo(const v1::EchoReply& reply) {
  http::response r;
  r.body = base::shared_bytes(reply.body());
  if (!reply.content_type().empty()) r.add_field("Content-Type", reply.content_type());
  return r;
}

} // namespace

void add_routes(server::routes& routes, const actor::service<hello_actor>& hello) {
  routes.get("/hello", server::call(hello, &decode_greet, &encode_greeting));
  routes.any("/echo", server::call(hello, &decode_echo, &encode_echo));
}

} // namespace troupe::hello
