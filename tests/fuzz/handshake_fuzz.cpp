// SPDX-License-Identifier: Apache-2.0
// TLS as a server, by the last byte of the input: the input as what is received; the handshake of a
// client whose flights are damaged; or a handshake as it should be, and then what the input
// chooses: texts in both directions, new keys, renegotiation, foreign bytes, ends. Only a client
// that has finished too makes a session established, only what it has written is read, and a
// failure is followed by an alert at most. OpenSSL's random numbers are drawn from the input.
#define OPENSSL_SUPPRESS_DEPRECATED  // RAND_set_rand_method(3), which every call then follows

#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "core/check.h"
#include "core/random.h"
#include "io/tls/tls_context.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/fuzzed_tls_server.h"
#include "tests/fuzz/pieces.h"
#include "tests/io/tls/test_certificate.h"
#include "tests/io/tls/tls_client.h"

namespace fanlight {
namespace {

constexpr size_t kCommandsMax = 30;

Random random_numbers(0);

int draw(unsigned char* bytes, int size) {
  for (int i = 0; i < size; ++i) bytes[i] = static_cast<unsigned char>(random_numbers.next());
  return 1;
}

ssl_ctx_st* server_context() {
  static const TlsContext kContext = [] {
    static const RAND_METHOD kMethod = {nullptr, &draw, nullptr, nullptr, &draw, [] { return 1; }};
    CHECK(RAND_set_rand_method(&kMethod) == 1);
    const TestCertificate files;
    return TlsContext(files.certificate(), files.key());
  }();
  return kContext.get();
}

// ---- damage ----

void damage_one(std::vector<std::string>& records, FuzzInput& input) {
  const size_t chosen = input.below(records.size());
  std::string& record = records[chosen];
  switch (input.below(7)) {
    case 0:
      if (!record.empty()) record[input.below(record.size())] = static_cast<char>(input.byte());
      return;
    case 1:
      record.clear();
      return;
    case 2:
      record += std::string(record);
      return;
    case 3:
      std::swap(record, records.back());
      return;
    case 4:
      record.resize(input.below(record.size() + 1));
      return;
    case 5: {
      const size_t offset = input.below(record.size() + 1);
      record.insert(offset, input.text(1 + input.below(40)));
      return;
    }
    default:  // a length in a handshake message, or the record's own
      if (record.size() > kTlsRecordHeader + 3) ++record[3 + input.below(record.size() - 3)];
  }
}

std::string damaged(const std::string& flight, FuzzInput& input) {
  std::vector<std::string> records = records_in(flight);
  if (records.empty()) return std::string(input.text(input.below(40)));
  for (size_t i = input.below(4); i > 0; --i) damage_one(records, input);
  std::string bytes;
  for (const std::string& record : records) bytes += record;
  return bytes;
}

// ---- a client and its server ----

struct Offer {
  TlsClientOptions options;
  bool is_accepted = true;
};

const Offer& offer(size_t index) {
  static const std::vector<Offer> kOffers = {
      {{}},
      {{.version = TLS1_3_VERSION}},
      {{.version = TLS1_2_VERSION}},
      {{.version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305"}},
      {{.version = TLS1_3_VERSION, .protocol = "http/1.1"}},
      {{.protocol = "h2"}, false},
      {{.version = TLS1_2_VERSION, .ciphers = "AES128-SHA"}, false},
      {{.version = TLS1_1_VERSION}, false},
  };
  return kOffers[index % kOffers.size()];
}

// Owns: both ends, and what each has written. Thread: one.
// Invariant: the client is used only while it and the server can understand each other.
class Conversation {
 public:
  Conversation(const Offer& offer, size_t piece, size_t room)
      : offer_(offer), server_(server_context(), piece, room), client_(offer.options) {}

  void lend_large_buffers() { server_.lend_large_buffers(); }

  // True if both have finished.
  bool shake_hands(FuzzInput* damage) {
    constexpr int kRoundsMax = 20;
    for (int i = 0; i < kRoundsMax && !server_.has_ended(); ++i) {
      client_.advance();
      std::string flight = client_.take_output();
      if (damage != nullptr) {
        std::string other = damaged(flight, *damage);
        is_damaged_ = is_damaged_ || other != flight;
        flight = std::move(other);
      }
      server_.receive(flight);
      client_.receive(server_.take_flight());
      client_.advance();
      if (server_.is_established()) break;
    }
    CHECK(!server_.is_established() || client_.is_established());
    CHECK(is_damaged_ || server_.is_established() == offer_.is_accepted);
    is_usable_ = server_.is_established() && !is_damaged_;
    return is_usable_;
  }

  // Its records arrive at once, or together with the next ones.
  void write(std::string_view text, bool at_once = true) {
    if (!is_usable_ || has_ended_) return;
    client_.write(text);
    written_ += text;
    on_the_way_ += client_.take_output();
    if (at_once) to_server("");
  }
  void write_damaged(std::string_view text, FuzzInput& damage) {
    if (!is_usable_ || has_ended_) return;
    client_.write(text);
    written_ += text;
    const std::string records = client_.take_output();
    const std::string other = damaged(records, damage);
    is_usable_ = other == records;
    to_server(other);
  }
  void write_foreign(std::string_view bytes) {
    is_usable_ = is_usable_ && bytes.empty();
    to_server(bytes);
  }
  void update_keys() {
    if (!is_usable_ || has_ended_ || client_.version() != "TLSv1.3") return;
    client_.update_keys();
    to_server(client_.take_output());
  }
  // Which the server refuses, and the client does not go on after that. OpenSSL's begins only
  // between records.
  void renegotiate() {
    if (!is_usable_ || has_ended_ || server_.is_closed()) return;
    if (client_.version() != "TLSv1.2") return;
    drain();
    client_.renegotiate();
    is_usable_ = false;
    to_server(client_.take_output());
    drain();
    CHECK(!server_.has_ended() && client_.failed());
  }
  void end_writing() {
    if (!is_usable_ || has_ended_) return;
    client_.end_writing();
    has_ended_ = true;
    to_server(client_.take_output());
  }

  // A part of it remains with the server, as far as that is sent.
  void answer(std::string text, size_t sent) {
    if (server_.is_closed()) return;
    drain();
    server_.seal(text);
    being_sent_ = std::move(text);
    to_client(sent);
  }
  void close() {
    if (!server_.is_closed()) server_.close();
  }

  // What has arrived is what was sent, as far as it has arrived.
  void check() {
    to_server("");
    drain();
    CHECK(written_.starts_with(server_.text()));
    CHECK(sealed_.starts_with(received_));
    check_records(server_.sent());
    if (!is_usable_) return;
    CHECK(server_.text() == written_ && received_ == sealed_ && !client_.failed());
    CHECK(client_.ended() == server_.is_closed());
  }

 private:
  void to_server(std::string_view bytes) {
    on_the_way_ += bytes;
    server_.receive(std::exchange(on_the_way_, {}));
  }
  void to_client(size_t most = SIZE_MAX) {
    client_.receive(server_.take_output(most));
    received_ += client_.read();
  }

  void drain() {
    to_client();
    const size_t taken = server_.taken() - sealed_.size();
    CHECK(taken <= being_sent_.size());
    sealed_ += being_sent_.substr(0, taken);
    being_sent_.clear();
  }

  const Offer& offer_;
  FuzzedTlsServer server_;
  TlsClient client_;
  std::string written_;     // by the client
  std::string on_the_way_;  // records of it
  std::string being_sent_;  // by the server
  std::string sealed_;      // by the server, and sent
  std::string received_;    // by the client
  bool is_damaged_ = false;
  bool is_usable_ = false;
  bool has_ended_ = false;  // what the client writes
};

// ---- what the input chooses ----

std::string numbered(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7 + i / 251);
  return text;
}

// `longest`: of what the client writes at once.
void talk(Conversation& conversation, FuzzInput& input, size_t longest) {
  for (size_t i = 0; i < kCommandsMax && !input.empty(); ++i) {
    switch (input.below(8)) {
      case 0: {
        const bool at_once = input.flag();
        conversation.write(input.text(1 + input.below(100)), at_once);
        break;
      }
      case 1:
        conversation.write(numbered(1 + input.below(longest)));
        break;
      case 2: {
        const size_t size = 1 + input.below(50'000);
        conversation.answer(numbered(4 * size), input.below(65'536));
        break;
      }
      case 3:
        conversation.update_keys();
        break;
      case 4:
        conversation.renegotiate();
        break;
      case 5:
        conversation.write_damaged(numbered(1 + input.below(300)), input);
        break;
      case 6:
        conversation.write_foreign(input.text(1 + input.below(100)));
        break;
      default:
        input.flag() ? conversation.close() : conversation.end_writing();
    }
  }
}

void receive_raw(FuzzInput& input, size_t piece) {
  FuzzedTlsServer server(server_context(), piece, 1);
  server.receive(input.rest());
  CHECK(!server.is_established());
  check_records(server.sent());
}

}  // namespace

void fuzz(std::string_view bytes) {
  server_context();  // with numbers of its own
  random_numbers = Random(seed_of(bytes));
  FuzzInput input(bytes);
  const size_t kind = input.below(3);
  const size_t piece = 1 + input.below(2000);
  if (kind == 0) return receive_raw(input, piece);
  const uint8_t choice = input.byte();
  Conversation conversation(offer(choice), piece, 1 + input.below(300));
  if (choice >= 0x80) conversation.lend_large_buffers();
  // What arrives byte by byte takes its time.
  const size_t longest = std::min<size_t>(50 * piece, 50'000);
  if (conversation.shake_hands(kind == 1 ? &input : nullptr)) talk(conversation, input, longest);
  conversation.check();
}

}  // namespace fanlight
