// SPDX-License-Identifier: Apache-2.0
// TlsPair: a TlsSession and a client, whose bytes are carried between them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "core/slab.h"
#include "io/tls/tls_context.h"
#include "io/tls/tls_session.h"
#include "tests/io/tls/test_certificate.h"
#include "tests/io/tls/tls_client.h"

namespace fanlight {

// Owns: both ends. Thread: one.
class TlsPair {
 public:
  explicit TlsPair(const TlsClientOptions& options = {}, int kernel_fd = -1,
                   uint64_t records_max = RecordSealer::kRecordsMax)
      : server(outputs, records_max), client(options) {
    EXPECT_TRUE(server.begin(context.get(), kernel_fd));
  }

  // `step`: the most bytes that the server receives at a time. False if one of them has failed.
  bool shake_hands(size_t step = SIZE_MAX) {
    for (int i = 0; i < 20 && !(client.is_established() && server.is_established()); ++i) {
      client.advance();
      if (!to_server(client.take_output(), step)) return false;
      to_client();
      if (client.failed()) return false;
    }
    return client.is_established() && server.is_established();
  }

  // Carries what the server has to send.
  size_t to_client() {
    const std::string bytes(server.output());
    client.receive(bytes);
    return bytes.empty() ? 0 : server.sent(bytes.size());
  }

  // What the server reads, of what the client has sent.
  std::string read_at_server(int* last = nullptr) {
    std::string text;
    std::string bytes = client.take_output();
    std::array<char, 300> room;
    while (true) {
      const int result = server.read(room);
      if (result > 0) {
        text.append(room.data(), static_cast<size_t>(result));
        continue;
      }
      if (last != nullptr) *last = result;
      if (result != -EAGAIN || bytes.empty()) return text;
      give(bytes, SIZE_MAX);
    }
  }

  TestCertificate files;
  TlsContext context{files.certificate(), files.key()};
  TlsOutputs outputs{2};
  TlsSession server;
  TlsClient client;

 private:
  void give(std::string& bytes, size_t step) {
    const std::span<char> room = server.input_room();
    const size_t size = std::min({room.size(), bytes.size(), step});
    std::copy_n(bytes.begin(), size, room.begin());
    server.received(size);
    bytes.erase(0, size);
  }

  bool to_server(std::string bytes, size_t step) {
    while (!bytes.empty() && !server.is_established()) {
      give(bytes, step);
      if (server.shake_hands() == TlsSession::Step::failed) return false;
    }
    EXPECT_TRUE(bytes.empty());
    return true;
  }
};

}  // namespace fanlight
