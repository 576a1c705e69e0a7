#include "tests/services/retail/fake_server.hpp"

#include "platform/json/document.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace troupe::retail {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::redirect_error;
using asio::use_awaitable;
using boost::system::error_code;

namespace {

std::set<std::string> keys_of(const boost::json::object& object) {
  std::set<std::string> keys;
  for (const auto& member : object) keys.emplace(member.key());
  return keys;
}

} // namespace

server_answer answer_with(unsigned status, std::string body) {
  server_answer answer(static_cast<http::status>(status), 11);
  answer.body() = std::move(body);
  answer.prepare_payload();
  return answer;
}

fake_server::fake_server(fault_plan faults)
    : faults_(std::move(faults)), acceptor_(io_, {asio::ip::address_v4::loopback(), 0}),
      port_(acceptor_.local_endpoint().port()) {
  asio::co_spawn(io_, accept_all(), asio::detached);
  thread_ = std::thread([this] { io_.run(); });
}

fake_server::~fake_server() { (void)stop(); }

std::string fake_server::url() const { return "http://127.0.0.1:" + std::to_string(port_); }

const server_books& fake_server::stop() {
  io_.stop();
  if (thread_.joinable()) thread_.join();
  return books_;
}

asio::awaitable<void> fake_server::accept_all() {
  while (acceptor_.is_open()) {
    error_code why;
    auto socket = co_await acceptor_.async_accept(redirect_error(use_awaitable, why));
    if (why) continue;
    ++books_.connections;
    asio::co_spawn(io_, serve(std::move(socket)), asio::detached);
  }
}

asio::awaitable<void> fake_server::serve(asio::ip::tcp::socket socket) {
  boost::beast::flat_buffer buffer;
  for (;;) {
    server_request request;
    error_code why;
    co_await http::async_read(socket, buffer, request, redirect_error(use_awaitable, why));
    if (why || !acceptor_.is_open()) co_return;
    const auto [answer, holds] = handle(request);
    if (holds) {
      asio::steady_timer never(io_, asio::steady_timer::time_point::max());
      co_await never.async_wait(redirect_error(use_awaitable, why));
    }
    if (!answer) co_return;
    co_await http::async_write(socket, *answer, redirect_error(use_awaitable, why));
    if (why || !answer->keep_alive()) co_return;
  }
}

fake_server::reaction fake_server::handle(const server_request& request) {
  ++books_.requests;
  const auto chosen = faults_ ? faults_(request, books_.requests) : std::nullopt;
  if (!chosen) return {carry_out(request)};
  if (chosen->is_carried_out) (void)carry_out(request);
  error_code ignored;
  if (chosen->stops_listening) acceptor_.close(ignored);
  return {chosen->answer, chosen->holds};
}

server_answer fake_server::carry_out(const server_request& request) {
  if (request.method() != http::verb::post || request[http::field::content_type] != "application/json" ||
      !request.keep_alive() || request[http::field::host] != url().substr(7))
    books_.violations.push_back("head of " + std::string(request.target()));
  if (request.target() == "/v1/payments") return take_settlement(request, books_.payments);
  if (request.target() == "/v1/credits") return take_settlement(request, books_.credits);
  if (request.target() == "/v1/events") return take_events(request);
  books_.violations.push_back("target " + std::string(request.target()));
  return answer_with(404);
}

server_answer fake_server::take_settlement(const server_request& request,
                                           std::map<std::string, std::string>& into) {
  const auto body = json::parse(request.body());
  const auto* fields = body.has_value() ? body->if_object() : nullptr;
  const std::string key(request["Idempotency-Key"]);
  if (!fields ||
      keys_of(*fields) != std::set<std::string>{"amount_minor", "currency", "customer_id", "reference"} ||
      !fields->at("amount_minor").is_int64() || fields->at("amount_minor").as_int64() < 1 ||
      key != boost::json::serialize(fields->at("reference"))) {
    books_.violations.push_back("body " + request.body() + " with key " + key);
    return answer_with(400);
  }
  const auto [at, is_new] = into.try_emplace(key, request.body());
  if (!is_new && at->second != request.body())
    books_.violations.push_back("key " + key + " with another body");
  return answer_with(201, request.body());
}

server_answer fake_server::take_events(const server_request& request) {
  const auto body = json::parse(request.body());
  const auto* fields = body.has_value() ? body->if_object() : nullptr;
  const auto* list = fields && fields->if_contains("events") ? fields->at("events").if_array() : nullptr;
  if (!list || list->empty() || request.count("Idempotency-Key") > 0) {
    books_.violations.push_back("events " + request.body());
    return answer_with(400);
  }
  books_.largest_batch = std::max(books_.largest_batch, list->size());
  std::size_t accepted = 0;
  for (const auto& one : *list) {
    const auto& event = one.as_object();
    if (keys_of(event) != std::set<std::string>{"id", "product_id", "quantity", "type"} ||
        event.at("type") != "purchase")
      books_.violations.push_back("event " + boost::json::serialize(event));
    const auto value =
        boost::json::serialize(event.at("product_id")) + boost::json::serialize(event.at("quantity"));
    accepted += books_.events.try_emplace(std::string(event.at("id").as_string()), value).second ? 1 : 0;
  }
  return answer_with(202, R"({"accepted":)" + std::to_string(accepted) + R"(,"duplicates":)" +
                              std::to_string(list->size() - accepted) + "}");
}

} // namespace troupe::retail
