// SPDX-License-Identifier: Apache-2.0
// TlsSession: the TLS of one connection, between the bytes of its socket and those of HTTP.
//
// It makes no system call for what it receives and sends: the owner receives into input_room(), and
// sends output(). So all backends, and the simulated kernel, carry a TLS connection as they do a
// plain one. The exception is kernel TLS, for which the kernel is given the keys at the end of the
// handshake.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "io/tls/record_sealer.h"
#include "io/tls/tls_outputs.h"
#include "io/tls/traffic_keys.h"

struct ssl_st;
struct ssl_ctx_st;

namespace fanlight {

// Owns: an SSL, what was received and not yet decrypted. Borrows a buffer of the outputs from the
//   first byte of output() until the socket has taken the last, so that idle viewers hold none.
// Thread: its shard's.
// Invariants: output() does not move while it is being sent; after a failure nothing more is
//   sealed.
class TlsSession {
 public:
  enum class Step : uint8_t {
    wants_input,  // more must be received, after output() has been sent
    wants_room,   // output() must be sent first
    done,
    failed,  // output() may have an alert for the peer
  };

  // Of a piece, in a record: two fit into the smallest buffer, with what each of them needs more.
  static constexpr size_t kRecordBytesMax = 16'000;
  // Header, explicit nonce, content type and tag, of every cipher that is offered (29 at most).
  static constexpr size_t kOverheadMax = 64;
  static_assert(2 * (kRecordBytesMax + kOverheadMax) <= TlsOutputs::kSmallBytes);
  static_assert(RecordSealer::kOverhead <= kOverheadMax);

  // `records_max`: after so many, the server changes its keys.
  explicit TlsSession(TlsOutputs& outputs,
                      uint64_t records_max = RecordSealer::kRecordsMax) noexcept
      : outputs_(outputs), records_max_(records_max) {}
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  ~TlsSession();

  // --- what is received ---

  // Where to receive. Not empty after a Step other than done, nor after read() has returned an
  // error.
  std::span<char> input_room() noexcept;
  void received(size_t bytes) noexcept { input_end_ += static_cast<uint32_t>(bytes); }
  // What was received and not decrypted yet.
  std::string_view input() const noexcept;

  // --- the handshake ---

  // Once, before shake_hands(). `kernel_fd`: the socket, if the kernel may make the records of TLS
  // 1.3 (sends_in_kernel()), otherwise -1. False when there is no memory.
  bool begin(ssl_ctx_st* context, int kernel_fd) noexcept;
  bool has_begun() const noexcept { return ssl_ != nullptr; }
  Step shake_hands() noexcept;
  // OpenSSL has made a secret (SSL_CTX_set_keylog_callback(3)).
  void note_secret(std::string_view line) noexcept;
  bool is_established() const noexcept { return established_; }
  // Whether the kernel makes the records: the owner sends plain bytes, and by SENDMSG with
  // close_notify_control() the alert kCloseNotify (kernel_tls.h).
  bool sends_in_kernel() const noexcept { return sends_in_kernel_; }

  // --- after the handshake ---

  // Decrypts into `room`. Returns the number of bytes; 0 if the peer will send no more; -EAGAIN if
  // more must be received; -EPROTO if the peer violates the protocol.
  int read(std::span<char> room) noexcept;
  // Whether read() may return something before more is received.
  bool has_input() const noexcept;

  // Makes records of the beginning of the slices, as many as fit into output(). Only while output()
  // is empty. False if the session has failed.
  bool seal(std::span<const iovec> slices) noexcept;
  // Adds the alert that ends what is sent (close_notify, RFC 8446 section 6.1) to output(), unless
  // sends_in_kernel(). Only once, and nothing is sealed after it.
  void close() noexcept;
  bool is_closed() const noexcept { return closed_; }

  // --- what is sent ---

  std::string_view output() const noexcept;
  // The socket has taken this much of output(). Returns how many bytes of the slices it now has
  // taken: none until it has all of their records.
  size_t sent(size_t bytes) noexcept;

 private:
  friend struct TlsBio;  // the functions that OpenSSL calls
  struct Free {
    void operator()(ssl_st* ssl) const noexcept;
  };
  int take_input(char* data, int size) noexcept;
  int add_output(const char* data, int size) noexcept;
  void take_over_sending() noexcept;
  bool seals_itself() const noexcept { return sealer_.has_begun(); }
  void note_message(RecordType type, std::string_view message) noexcept;
  bool needs_new_keys() const noexcept;
  size_t content_max() const noexcept;
  bool change_keys() noexcept;
  bool begin_sealing() noexcept;
  std::span<char> output_room() noexcept;
  bool add_record(RecordType type, std::string_view content) noexcept;
  bool seal_application_data(std::string_view content) noexcept;
  void return_buffer() noexcept;

  static constexpr size_t kInputBytes = 1024;  // most requests, and most messages of a handshake

  TlsOutputs& outputs_;
  std::unique_ptr<ssl_st, Free> ssl_;
  std::span<char> buffer_;     // borrowed; empty when there is no output()
  uint32_t output_begin_ = 0;  // of what has not been sent yet, in buffer_
  uint32_t output_end_ = 0;
  uint32_t sealed_ = 0;  // bytes of the slices whose records are in output()
  uint32_t input_begin_ = 0;
  uint32_t input_end_ = 0;
  int kernel_fd_ = -1;
  const uint64_t records_max_;
  uint16_t suite_ = 0;
  TrafficSecret secret_;  // of the sealer's keys
  RecordSealer sealer_;   // of TLS 1.3, if the kernel does not seal
  bool established_ = false;
  bool sends_in_kernel_ = false;
  bool closed_ = false;
  bool failed_ = false;
  std::array<char, kInputBytes> input_;
};

}  // namespace fanlight
