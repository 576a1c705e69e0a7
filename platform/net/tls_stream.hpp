#pragma once

#include "platform/net/tls_context.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct bio_st;

namespace troupe::net {

/// The server's side of TLS on one non-blocking socket, which it neither owns nor closes. Nothing here blocks. The process must ignore
/// SIGPIPE. It must stay where it is while it is open. Thread: its owner.
class tls_stream {
 public:
  /// The most that one record holds; `write` cuts there. Source: RFC 8446 section 5.1.
  static constexpr std::size_t record_bytes = 16 * 1024;
  /// After so many records a `read` takes no further one that the library does not hold already, for a record costs the same however little it holds.
  static constexpr std::size_t records_a_read = 16;
  /// What a peer may send after its handshake without a byte of data among it: more than a whole record. A key update is 27 bytes and costs
  /// a new key; a peer needs one in 2^24 records. Source: RFC 8446 sections 4.6.3 and 5.5.
  static constexpr std::size_t most_without_data = 32 * 1024;

  enum class outcome : std::uint8_t {
    data,        ///< bytes were moved
    more,        ///< no bytes were moved, and some may be there: the records so far held none
    would_block, ///< the socket has no more or takes no more
    closed,      ///< the peer has ended its side, with or without saying so: what it sent whole counts, what it did not does not
    broken,      ///< a fault of the network or of the peer: nothing more can be said
  };
  struct moved {
    outcome result;
    std::size_t bytes = 0;
  };

  tls_stream() = default;
  ~tls_stream() { reset(); }
  tls_stream(const tls_stream&) = delete;
  tls_stream& operator=(const tls_stream&) = delete;

  /// Takes a connected socket. False when memory is out.
  [[nodiscard]] bool start(std::shared_ptr<const tls_context> context, int fd);
  /// Forgets everything; the record can start again.
  void reset() noexcept;

  /// Goes on with the handshake: `data` when it is complete, `broken` when it has failed (`why_broken`; the client has been
  /// sent an alert where one is due). Cost: up to a millisecond of CPU in the step that signs.
  [[nodiscard]] outcome handshake();
  [[nodiscard]] bool is_open() const noexcept { return open_; }

  /// Reads until the buffer is full, nothing more is there, or `records_a_read` were taken or passed. With `data`, `is_drained` tells whether nothing more is there.
  /// `broken` too when the peer has sent more than `most_without_data`.
  [[nodiscard]] moved read(std::span<char> into);
  /// How many records the last `read` took.
  [[nodiscard]] std::size_t records() const noexcept { return records_; }
  /// Whether the last `read` took all that the socket held, so that what comes next makes it readable again.
  [[nodiscard]] bool is_drained() const noexcept { return drained_; }

  /// Encrypts and sends at most a record. After `would_block` the next call must begin with the same bytes, wherever they lie.
  [[nodiscard]] moved write(std::string_view bytes);

  /// Whether the handshake or `read` that would block waits for the socket to become writable: reading on may mean to answer first.
  [[nodiscard]] bool waits_to_write() const noexcept { return waits_to_write_; }

  /// Tells the peer that nothing more will come, if the socket takes it at once. Source: RFC 8446 section 6.1.
  void close_notify() noexcept;

  /// After the handshake.
  [[nodiscard]] bool is_1_3() const noexcept;
  [[nodiscard]] bool is_resumed() const noexcept;
  [[nodiscard]] bool is_in_kernel() const noexcept; ///< the kernel encrypts what we send
  /// Subject of the client's certificate, verified, as RFC 4514 writes it; empty when it showed none.
  [[nodiscard]] const std::string& peer() const noexcept { return peer_; }

  /// A word or two about a handshake that failed; static storage.
  [[nodiscard]] const char* why_broken() const noexcept { return why_; }

  bool is_queued = false; ///< the owner's mark: waits for its turn to go on with the handshake

 private:
  static long observe(bio_st* bio, int operation, const char*, std::size_t wanted, int, long, int result, std::size_t* got);
  static void count_record(int is_written, int version, int type, const void*, std::size_t, ssl_st*, void* stream);
  [[nodiscard]] outcome judge(int result) noexcept;
  [[nodiscard]] bool take_peer();

  ssl_st* ssl_ = nullptr;
  std::shared_ptr<const tls_context> context_;
  std::string peer_;
  const char* why_ = "";
  std::size_t records_ = 0;
  std::size_t without_data_ = 0; // bytes from the socket since the last that were data
  bool open_ = false;
  bool dead_ = false;           // the library forbids further calls
  bool drained_ = false;
  bool waits_to_write_ = false;
  bool came_short_ = false;     // the socket's last answer was less than what was asked for: it is empty
  bool came_empty_ = false;     // it had nothing at all
  bool kernel_receives_ = false; // then a short answer is only the end of a record
};

} // namespace troupe::net
