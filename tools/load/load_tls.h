// SPDX-License-Identifier: Apache-2.0
// LoadTls: the client's side of TLS for a LoadViewer. The certificate is not checked: nothing
// secret is sent, and servers under test often have one that no one has signed.
#pragma once

#include <sys/types.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace fanlight {

// Owns: what the connections of a run have in common. Thread: any; it never changes.
class LoadTlsContext {
 public:
  // Throws std::bad_alloc. From now on the process ignores SIGPIPE: OpenSSL writes to a socket
  // without MSG_NOSIGNAL.
  LoadTlsContext();
  ssl_ctx_st* get() const noexcept { return context_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const noexcept;
  };
  std::unique_ptr<ssl_ctx_st, Free> context_;
};

// Owns: the TLS of one connection; borrows its socket, which is non-blocking. Thread: one.
class LoadTls {
 public:
  enum class Step { wants_input, wants_output, done, failed };

  // `host` is the name that the server is told. Throws std::bad_alloc.
  LoadTls(const LoadTlsContext& context, int fd, const std::string& host);

  Step shake_hands() noexcept;
  // As recv(2) and send(2) without waiting; EPROTO when the server violates the protocol. A FIN
  // without close_notify is an end, too.
  ssize_t receive(std::span<char> room) noexcept;
  ssize_t send(std::string_view bytes) noexcept;
  // Whether bytes were received that receive() has not returned: the socket does not show them.
  bool has_pending() const noexcept;

 private:
  struct Free {
    void operator()(ssl_st* ssl) const noexcept;
  };
  ssize_t fail(int result) noexcept;

  std::unique_ptr<ssl_st, Free> ssl_;
};

}  // namespace fanlight
