// SPDX-License-Identifier: Apache-2.0
// TlsContext: a certificate with its key, and how connections that use it are secured.
//
// What is offered is Mozilla's "intermediate" configuration, version 5.7, without the finite-field
// Diffie-Hellman that only clients of before 2014 need: TLS 1.3 and 1.2, ECDHE, AEAD ciphers, the
// client's preference among them (a phone without AES instructions prefers ChaCha20). There is no
// renegotiation, no compression, and no resumption: neither tickets, whose key would decrypt what
// was recorded earlier, nor a cache, which would need memory for clients that do not come back.
// Streams last, so there are few handshakes to save.
#pragma once

#include <memory>
#include <string>

struct ssl_ctx_st;

namespace fanlight {

// Owns: an SSL_CTX.
// Thread: any, once constructed.
class TlsContext {
 public:
  // `certificate`: a PEM file with the server's certificate and then those that lead to its issuer;
  // `key`: a PEM file with its private key, without a passphrase. Throws std::runtime_error whose
  // what() has the flag, the file and the cause, and std::bad_alloc.
  TlsContext(const std::string& certificate, const std::string& key);

  ssl_ctx_st* get() const noexcept { return context_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const noexcept;
  };
  void load(const std::string& certificate, const std::string& key);
  void configure();

  std::unique_ptr<ssl_ctx_st, Free> context_;
};

}  // namespace fanlight
