// SPDX-License-Identifier: Apache-2.0
#include "tests/io/tls/tls_client.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>

#include "core/check.h"

namespace fanlight {

void TlsClient::FreeContext::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

void TlsClient::FreeSession::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

TlsClient::TlsClient(const TlsClientOptions& options) : context_(SSL_CTX_new(TLS_client_method())) {
  CHECK(context_ != nullptr);
  // What old clients may offer must be refused by the server, not here.
  SSL_CTX_set_security_level(context_.get(), 0);
  if (options.version != 0) {
    CHECK(SSL_CTX_set_min_proto_version(context_.get(), options.version) == 1);
    CHECK(SSL_CTX_set_max_proto_version(context_.get(), options.version) == 1);
  }
  if (!options.ciphers.empty()) {
    CHECK(SSL_CTX_set_cipher_list(context_.get(), options.ciphers.c_str()) == 1);
  }
  if (!options.suites.empty()) {
    CHECK(SSL_CTX_set_ciphersuites(context_.get(), options.suites.c_str()) == 1);
  }
  CHECK(SSL_CTX_set_tlsext_max_fragment_length(context_.get(), options.max_fragment) == 1);
  ssl_.reset(SSL_new(context_.get()));
  CHECK(ssl_ != nullptr);
  if (!options.protocol.empty()) {
    const std::string list = static_cast<char>(options.protocol.size()) + options.protocol;
    const auto* bytes = reinterpret_cast<const unsigned char*>(list.data());
    CHECK(SSL_set_alpn_protos(ssl_.get(), bytes, static_cast<unsigned>(list.size())) == 0);
  }
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(ssl_.get());
}

TlsClient::~TlsClient() = default;

void TlsClient::advance() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return;
  const int error = SSL_get_error(ssl_.get(), result);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) failed_ = true;
}

bool TlsClient::is_established() const {
  return !failed_ && SSL_is_init_finished(ssl_.get()) == 1;
}

void TlsClient::receive(std::string_view bytes) {
  const int size = static_cast<int>(bytes.size());
  CHECK(size == 0 || BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), size) == size);
}

std::string TlsClient::take_output() {
  std::string taken;
  std::array<char, 4096> room;
  for (int size; (size = BIO_read(SSL_get_wbio(ssl_.get()), room.data(), room.size())) > 0;) {
    taken.append(room.data(), static_cast<size_t>(size));
  }
  return taken;
}

void TlsClient::write(std::string_view text) {
  size_t written = 0;
  CHECK(SSL_write_ex(ssl_.get(), text.data(), text.size(), &written) == 1);
  CHECK(written == text.size());
}

std::string TlsClient::read() {
  std::string text;
  std::array<char, 16384> room;
  size_t size = 0;
  ERR_clear_error();
  int result = 1;
  while ((result = SSL_read_ex(ssl_.get(), room.data(), room.size(), &size)) == 1) {
    text.append(room.data(), size);
  }
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_ZERO_RETURN) {
    ended_ = true;
  } else if (error != SSL_ERROR_WANT_READ) {
    failed_ = true;
  }
  return text;
}

void TlsClient::end_writing() {
  SSL_shutdown(ssl_.get());
}

void TlsClient::update_keys() {
  CHECK(SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED) == 1);
  advance();
}

void TlsClient::renegotiate() {
  CHECK(SSL_renegotiate(ssl_.get()) == 1);
  advance();
}

std::string TlsClient::version() const {
  return SSL_get_version(ssl_.get());
}

std::string TlsClient::cipher() const {
  return SSL_get_cipher_name(ssl_.get());
}

std::string TlsClient::protocol() const {
  const unsigned char* data = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &data, &size);
  return {reinterpret_cast<const char*>(data), size};
}

std::string TlsClient::server_name() const {
  X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr) return {};
  std::array<char, 100> room{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, room.data(),
                            room.size());
  return room.data();
}

bool TlsClient::can_resume() const {
  return SSL_SESSION_is_resumable(SSL_get_session(ssl_.get())) == 1 &&
         SSL_SESSION_has_ticket(SSL_get_session(ssl_.get())) == 1;
}

}  // namespace fanlight
