// SPDX-License-Identifier: Apache-2.0
#include "tools/load/load_tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <csignal>
#include <new>

#include "core/check.h"

namespace fanlight {
namespace {

// A name in the handshake is never an address (RFC 6066 section 3).
bool is_address(const std::string& host) {
  in6_addr room;
  return ::inet_pton(AF_INET, host.c_str(), &room) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &room) == 1;
}

}  // namespace

void LoadTlsContext::Free::operator()(ssl_ctx_st* context) const noexcept {
  SSL_CTX_free(context);
}

LoadTlsContext::LoadTlsContext() : context_(SSL_CTX_new(TLS_client_method())) {
  if (context_ == nullptr) throw std::bad_alloc();
  std::signal(SIGPIPE, SIG_IGN);
  CHECK(SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION) == 1);
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_mode(context_.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context_.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
}

void LoadTls::Free::operator()(ssl_st* ssl) const noexcept {
  SSL_free(ssl);
}

LoadTls::LoadTls(const LoadTlsContext& context, int fd, const std::string& host)
    : ssl_(SSL_new(context.get())) {
  if (ssl_ == nullptr || SSL_set_fd(ssl_.get(), fd) != 1) throw std::bad_alloc();
  if (!is_address(host)) SSL_set_tlsext_host_name(ssl_.get(), host.c_str());
  SSL_set_connect_state(ssl_.get());
}

LoadTls::Step LoadTls::shake_hands() noexcept {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return Step::done;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Step::wants_input;
    case SSL_ERROR_WANT_WRITE:
      return Step::wants_output;
    default:
      return Step::failed;
  }
}

ssize_t LoadTls::receive(std::span<char> room) noexcept {
  size_t bytes = 0;
  ERR_clear_error();
  const int result = SSL_read_ex(ssl_.get(), room.data(), room.size(), &bytes);
  return result == 1 ? static_cast<ssize_t>(bytes) : fail(result);
}

ssize_t LoadTls::send(std::string_view bytes) noexcept {
  size_t sent = 0;
  ERR_clear_error();
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
  return result == 1 ? static_cast<ssize_t>(sent) : fail(result);
}

ssize_t LoadTls::fail(int result) noexcept {
  const int error = errno;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_ZERO_RETURN:
      return 0;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      errno = EAGAIN;
      return -1;
    case SSL_ERROR_SYSCALL:
      errno = error == 0 ? EPROTO : error;
      return -1;
    default:
      errno = EPROTO;
      return -1;
  }
}

bool LoadTls::has_pending() const noexcept {
  return SSL_pending(ssl_.get()) > 0;
}

}  // namespace fanlight
