#include "services/hello/routes.hpp"

namespace troupe::hello {

namespace {

base::result<v1::GreetRequest> decode_greet(const http::request&) { return v1::GreetRequest{}; }

http::response encode_greeting(const greeting& given) {
  http::response r;
  r.content_type = "text/plain";
  r.body = given.text;
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

base::result<v1::EchoStreamRequest> open_echo(const http::request&) { return v1::EchoStreamRequest{}; }

base::result<v1::EchoMessage> decode_message(const server::incoming& message) {
  v1::EchoMessage echoed;
  echoed.set_is_text(message.is_text);
  echoed.set_data(std::string(message.bytes));
  return echoed;
}

server::outgoing encode_message(const v1::EchoMessage& message) {
  return {message.is_text(), base::shared_bytes(message.data())};
}

} // namespace

void add_routes(server::routes& routes, const actor::service<hello_actor>& hello) {
  routes.get("/hello", server::call(hello, &decode_greet, &encode_greeting));
  routes.any("/echo", server::call(hello, &decode_echo, &encode_echo));
  routes.websocket("/echo-ws", server::converse(hello, &open_echo, &decode_message, &encode_message));
}

} // namespace troupe::hello
