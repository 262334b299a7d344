// SPDX-License-Identifier: Apache-2.0
#include "io/tls/tls_context.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string_view>

#include "core/fd.h"
#include "io/tls/tls_session.h"

namespace fanlight {
namespace {

constexpr const char* kCiphersOfTls12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kCiphersOfTls13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
// The first is there from OpenSSL 3.5 on.
constexpr const char* kGroups = "X25519MLKEM768:X25519:prime256v1:secp384r1";
constexpr const char* kGroupsBefore35 = "X25519:prime256v1:secp384r1";

// The oldest error of OpenSSL's queue, which is emptied. Throws std::bad_alloc if any of them is
// for lack of memory: then neither the files nor OpenSSL's configuration are at fault.
std::string take_error() {
  const unsigned long error = ERR_get_error();
  for (unsigned long each = error; each != 0; each = ERR_get_error()) {
    if (ERR_GET_REASON(each) != ERR_R_MALLOC_FAILURE) continue;
    ERR_clear_error();
    throw std::bad_alloc();
  }
  if (ERR_SYSTEM_ERROR(error)) return std::strerror(ERR_GET_REASON(error));
  const char* reason = ERR_reason_error_string(error);
  return reason != nullptr ? reason : "unknown error";
}

// For what OpenSSL refuses only where memory is short, or its own configuration forbids it.
void require(bool done) {
  if (!done) throw std::runtime_error("TLS: " + take_error());
}

[[noreturn]] void fail(std::string_view flag, const std::string& file, std::string_view cause) {
  throw std::runtime_error(fmt::format("{} {}: {}", flag, file, cause));
}

void check_readable(std::string_view flag, const std::string& file) {
  if (!Fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC))) fail(flag, file, std::strerror(errno));
}

// A service has no terminal to ask at.
int refuse_passphrase(char*, int, int, void*) {
  return 0;
}

// A client that offers only protocols that are not spoken here is refused (RFC 7301 section 3.2),
// so that its bytes are not taken for HTTP. One that offers none speaks HTTP/1.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  static constexpr unsigned char kSpoken[] = "\x08http/1.1\x08http/1.0";
  unsigned char* found = nullptr;
  const int result = SSL_select_next_proto(&found, chosen_size, kSpoken, sizeof kSpoken - 1,
                                           offered, offered_size);
  if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

void note_secret(const SSL* ssl, const char* line) {
  auto* const session = static_cast<TlsSession*>(SSL_get_app_data(ssl));
  if (session != nullptr) session->note_secret(line);
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const noexcept {
  SSL_CTX_free(context);
}

TlsContext::TlsContext(const std::string& certificate, const std::string& key)
    : context_(SSL_CTX_new(TLS_server_method())) {
  require(context_ != nullptr);
  configure();
  load(certificate, key);
}

void TlsContext::configure() {
  SSL_CTX* const context = context_.get();
  require(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1);
  require(SSL_CTX_set_cipher_list(context, kCiphersOfTls12) == 1);
  require(SSL_CTX_set_ciphersuites(context, kCiphersOfTls13) == 1);
  if (SSL_CTX_set1_groups_list(context, kGroups) != 1) {
    ERR_clear_error();
    require(SSL_CTX_set1_groups_list(context, kGroupsBefore35) == 1);
  }
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  SSL_CTX_set_keylog_callback(context, &note_secret);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // Buffers of OpenSSL's own, 16 KB each way, only while a record is in them.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_max_send_fragment(context, TlsSession::kRecordBytesMax);
  SSL_CTX_set_default_passwd_cb(context, &refuse_passphrase);
  SSL_CTX_set_alpn_select_cb(context, &choose_protocol, nullptr);
}

void TlsContext::load(const std::string& certificate, const std::string& key) {
  SSL_CTX* const context = context_.get();
  ERR_clear_error();
  check_readable("--tls-cert", certificate);
  check_readable("--tls-key", key);
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    fail("--tls-cert", certificate, "no certificate in PEM format: " + take_error());
  }
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    const unsigned long error = ERR_peek_error();
    const bool mismatch = ERR_GET_LIB(error) == ERR_LIB_X509;
    fail("--tls-key", key,
         (mismatch ? "it is not the key of " + certificate + ": "
                   : "no private key in PEM format without a passphrase: ") +
             take_error());
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    fail("--tls-key", key, "it is not the key of " + certificate + ": " + take_error());
  }
}

}  // namespace fanlight
