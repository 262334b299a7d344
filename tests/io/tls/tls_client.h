// SPDX-License-Identifier: Apache-2.0
// TlsClient: the client's side of a TLS connection, whose bytes the test carries.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;

namespace fanlight {

struct TlsClientOptions {
  int version = 0;         // TLS1_2_VERSION or TLS1_3_VERSION; 0: either
  std::string protocol{};  // for ALPN; empty: none is offered
  std::string ciphers{};   // of TLS 1.2; empty: OpenSSL's own
  std::string suites{};    // of TLS 1.3; the same
  // TLSEXT_max_fragment_length_512 and others (RFC 6066 section 4); 0: no limit is asked for.
  unsigned char max_fragment = 0;
};

// Owns: an SSL and its bytes. Thread: one. Trusts every certificate.
class TlsClient {
 public:
  explicit TlsClient(const TlsClientOptions& options = {});
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;
  ~TlsClient();

  // Begins the handshake, or goes on with it. What it sends is in take_output().
  void advance();
  bool is_established() const;
  bool failed() const { return failed_; }

  // From the server.
  void receive(std::string_view bytes);
  // To the server, and no longer here.
  std::string take_output();

  // Once it is established.
  void write(std::string_view text);
  // What the server has sent.
  std::string read();
  // Whether the server has ended its half with close_notify.
  bool ended() const { return ended_; }
  // close_notify.
  void end_writing();
  // Requests that the server changes its keys, too (RFC 8446 section 4.6.3).
  void update_keys();
  // Requests another handshake (RFC 5246 section 7.4.1.2). Nothing can be written before it.
  void renegotiate();

  // What was agreed on: "TLSv1.3", a cipher, a protocol.
  std::string version() const;
  std::string cipher() const;
  std::string protocol() const;
  // The common name of the server's certificate.
  std::string server_name() const;
  // Whether the server gave it a ticket or an id for resumption.
  bool can_resume() const;

 private:
  struct FreeContext {
    void operator()(ssl_ctx_st* context) const;
  };
  struct FreeSession {
    void operator()(ssl_st* ssl) const;
  };
  std::unique_ptr<ssl_ctx_st, FreeContext> context_;
  std::unique_ptr<ssl_st, FreeSession> ssl_;
  bool failed_ = false;
  bool ended_ = false;
};

}  // namespace fanlight
