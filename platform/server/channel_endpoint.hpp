#pragma once

#include "platform/server/channel.hpp"
#include "platform/server/endpoint.hpp"
#include "platform/websocket/handshake.hpp"

#include <caf/result.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace troupe::server {

/// The rules of a route that is a channel.
struct channel_options {
  /// What becomes of a message when more than `queue_bytes` wait for a client that reads too slowly.
  enum class overflow : std::uint8_t {
    close,       ///< the channel is closed with 1013
    drop_oldest, ///< what waits longest is dropped and counted; `gap_marker` takes its place
  };

  websocket::handshake_rules handshake; ///< who may connect
  std::size_t unanswered = 8;           ///< messages of a client that the service has not answered, 1 to 128; above it the client is not read
  std::size_t queue_bytes = 256 * 1024; ///< that wait for one client, and that unanswered messages may hold together
  overflow when_full = overflow::close;
  /// The message that says how many are missing where some were dropped; none when it is empty. Called by the connection actor.
  std::function<outgoing(std::uint64_t dropped)> gap_marker;
};

/// What a route does whose connections become channels of a service. Shared by all connection actors and immutable. Thread: any.
class channel_endpoint : public endpoint {
 public:
  explicit channel_endpoint(channel_options options);

  [[nodiscard]] const channel_options& options() const noexcept { return options_; }
  [[nodiscard]] virtual actor::service_slot& slot() const = 0;

  /// A client's message as the message to the service. Errors: the decode function's.
  [[nodiscard]] virtual base::result<caf::message> receive(actor::envelope&& envelope, const std::shared_ptr<channel_link>& link,
                                                           const incoming& message) const = 0;
  /// What the reply (never an error) says to the client; nothing when it only acknowledges.
  [[nodiscard]] virtual std::optional<outgoing> answer(const caf::message& reply) const = 0;
  /// The message that tells the service of the end.
  [[nodiscard]] virtual caf::message closed(actor::envelope&& envelope, const std::shared_ptr<channel_link>& link,
                                            std::uint16_t code, std::string_view reason) const = 0;

  /// Judges the handshake, and asks the service when it is good. The answer that switches the protocol is `finish`'s.
  [[nodiscard]] std::optional<http::response> start(call_site& site, const http::request& request) const final;
  [[nodiscard]] http::response finish(const caf::message& reply) const final;

 protected:
  [[nodiscard]] virtual base::result<void> begin(call_site& site, const http::request& request, websocket::handshake::verdict&& agreed) const = 0;

 private:
  channel_options options_;
};

/// The close code that a service's or decoder's error ends a channel with: 1008 when the client's message is at fault, 1003 for what is not
/// implemented, 1013 when later may be better, 1011 for what is broken.
[[nodiscard]] std::uint16_t close_code_of(base::errc code) noexcept;

namespace detail {

template <class Handle, class OpenF, class Decode, class Out>
class service_channel final : public channel_endpoint {
 public:
  using open_type = typename function_of<OpenF>::result::value_type;
  using in_type = typename function_of<Decode>::result::value_type;
  using opened = channel_opened<open_type, Out>;
  using received = channel_received<in_type, Out>;
  using ended = channel_closed<Out>;
  template <class Message>
  using reply_to = caf::response_type<typename Handle::signatures, actor::envelope, Message>;
  static_assert(reply_to<opened>::valid, "the service's contract has no signature for the opening");
  static_assert(reply_to<received>::valid, "the service's contract has no signature for this message");
  static_assert(reply_to<ended>::valid, "the service's contract has no signature for the end");
  static constexpr bool answers = !std::is_same_v<typename reply_to<received>::tuple_type, std::tuple<>> &&
                                  !std::is_same_v<typename reply_to<received>::tuple_type, std::tuple<void>>;

  service_channel(actor::service<Handle> target, OpenF open, Decode decode, typename channel_handle<Out>::encoder encode,
                 channel_options options)
      : channel_endpoint(std::move(options)), target_(std::move(target)), open_(std::move(open)), decode_(std::move(decode)),
        encode_(encode) {}

  actor::service_slot& slot() const override { return *target_.slot(); }

  base::result<caf::message> receive(actor::envelope&& envelope, const std::shared_ptr<channel_link>& link,
                                     const incoming& message) const override {
    auto decoded = decode_(message);
    if (decoded.has_error()) return decoded.error();
    return caf::make_message(std::move(envelope), received{{link, encode_}, std::move(*decoded)});
  }

  std::optional<outgoing> answer([[maybe_unused]] const caf::message& reply) const override {
    if constexpr (answers) {
      return encode_(reply.get_as<Out>(0));
    } else {
      return std::nullopt;
    }
  }

  caf::message closed(actor::envelope&& envelope, const std::shared_ptr<channel_link>& link, std::uint16_t code,
                      std::string_view reason) const override {
    return caf::make_message(std::move(envelope), ended{{link, encode_}, code, std::string(reason)});
  }

 private:
  base::result<void> begin(call_site& site, const http::request& request, websocket::handshake::verdict&& agreed) const override {
    auto message = open_(request);
    if (message.has_error()) return message.error();
    auto link = site.begin_channel(*this, std::move(agreed));
    if (link.has_error()) return link.error();
    return site.send(*target_.slot(), caf::make_message(std::move(site.envelope()), opened{{*link, encode_}, std::move(*message)}));
  }

  actor::service<Handle> target_;
  OpenF open_;
  Decode decode_;
  typename channel_handle<Out>::encoder encode_;
};

} // namespace detail

/// A route whose connections become channels of a service, which is told of the opening, of each message and of the end as of requests:
/// `channel_opened`, `channel_received`, `channel_closed` in its contract. All messages of one channel go to one replica, in order.
/// `open`: `base::result<Open>(const http::request&)`, an error refuses the handshake; `decode`: `base::result<In>(const incoming&)`,
/// an error ends the channel; both copy what they keep. `encode`: a function without state, `outgoing(const Out&)`, called by whoever sends.
template <class Handle, class Open, class Decode, class Out>
[[nodiscard]] std::shared_ptr<channel_endpoint> converse(actor::service<Handle> service, Open open, Decode decode, outgoing (*encode)(const Out&),
                                                      channel_options options = {}) {
  return std::make_shared<detail::service_channel<Handle, Open, Decode, Out>>(std::move(service), std::move(open), std::move(decode),
                                                                             encode, std::move(options));
}

} // namespace troupe::server
