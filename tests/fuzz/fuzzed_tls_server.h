// SPDX-License-Identifier: Apache-2.0
// FuzzedTlsServer: a TlsSession as a connection uses it, and what must hold for whatever it
// receives.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/check.h"
#include "io/tls/tls_outputs.h"
#include "io/tls/tls_session.h"

namespace fanlight {

inline constexpr size_t kTlsRecordHeader = 5;

// Each with its header; the last one may be incomplete.
inline std::vector<std::string> records_in(std::string_view bytes) {
  std::vector<std::string> records;
  while (!bytes.empty()) {
    size_t size = bytes.size();
    if (size >= kTlsRecordHeader) {
      const auto high = static_cast<unsigned char>(bytes[3]);
      const auto low = static_cast<unsigned char>(bytes[4]);
      size = std::min(size, kTlsRecordHeader + (size_t{high} << 8 | low));
    }
    records.emplace_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return records;
}

// What the server has sent in all.
inline void check_records(std::string_view bytes) {
  constexpr size_t kCiphertextMax = (1 << 14) + 2048;  // RFC 5246 section 6.2.3
  for (const std::string& record : records_in(bytes)) {
    CHECK(record.size() > kTlsRecordHeader && record.size() <= kTlsRecordHeader + kCiphertextMax);
    CHECK(record[0] >= 20 && record[0] <= 23);  // change_cipher_spec to application_data
    // OpenSSL refuses a version that it does not know with an alert of that version.
    CHECK(record[1] == 3 || record[0] == 21);
    const size_t size =
        size_t{static_cast<unsigned char>(record[3])} << 8 | static_cast<unsigned char>(record[4]);
    CHECK(record.size() == kTlsRecordHeader + size);
  }
}

// Owns: the session, and what it has read and sent. Thread: one.
// Invariant: nothing is received after a failure or after the end of what the client sends.
class FuzzedTlsServer {
 public:
  // `piece`: the most that is received at a time; `room`: the same for what is read.
  FuzzedTlsServer(ssl_ctx_st* context, size_t piece, size_t room) : piece_(piece), room_(room) {
    CHECK(session_.begin(context, -1));
  }
  ~FuzzedTlsServer() {
    for (const std::span<char> buffer : lent_) outputs_.take_back(buffer);
  }

  // Others are sending, so that this one has to make do with a small one.
  void lend_large_buffers() {
    while (lent_.size() < TlsOutputs::kLargeMax) lent_.push_back(outputs_.lend());
  }

  bool is_established() const { return session_.is_established(); }
  bool has_ended() const { return failed_ || peer_ended_; }
  bool is_closed() const { return session_.is_closed(); }
  const std::string& text() const { return text_; }
  const std::string& sent() const { return sent_; }
  size_t taken() const { return taken_; }

  void receive(std::string_view bytes) {
    while (!bytes.empty() && !has_ended()) {
      const std::span<char> room = session_.input_room();
      const size_t size = std::min({room.size(), bytes.size(), piece_});
      CHECK(size > 0);
      std::copy_n(bytes.begin(), size, room.begin());
      session_.received(size);
      bytes.remove_prefix(size);
      if (!is_established()) shake_hands();
      if (is_established() && !failed_) read();
    }
  }

  // What the handshake has to send, which is all taken by the socket at once.
  std::string take_flight() { return std::exchange(flight_, {}); }

  // Of what is to be sent after it, up to `most` bytes.
  std::string take_output(size_t most = SIZE_MAX) {
    const std::string_view output = session_.output();
    CHECK(output.size() <= TlsOutputs::kLargeBytes);
    const std::string bytes(output.substr(0, most));
    if (!bytes.empty()) taken_ += session_.sent(bytes.size());
    sent_ += bytes;
    CHECK(outputs_.used() == lent_.size() + (session_.output().empty() ? 0 : 1));
    return bytes;
  }

  // `text`: not empty. taken() tells how much of all texts was sent.
  void seal(std::string& text) {
    CHECK(session_.output().empty() && !is_closed());
    const iovec slice{text.data(), text.size()};
    CHECK(session_.seal({&slice, 1}) == !failed_);
    CHECK(session_.output().empty() == failed_);
  }
  void close() {
    const size_t before = session_.output().size();
    session_.close();
    CHECK(!failed_ || session_.output().size() == before);
  }

 private:
  void shake_hands() {
    while (true) {
      const TlsSession::Step step = session_.shake_hands();
      const std::string output = take_output();
      flight_ += output;
      CHECK(is_established() == (step == TlsSession::Step::done));
      switch (step) {
        case TlsSession::Step::wants_input:
        case TlsSession::Step::done:
          return;
        case TlsSession::Step::wants_room:
          CHECK(!output.empty());
          continue;
        case TlsSession::Step::failed:
          return fail(output);
      }
      CHECK(false);
    }
  }

  void read() {
    while (true) {
      const size_t before = session_.output().size();
      const int result = session_.read(room_);
      if (result > 0) {
        CHECK(static_cast<size_t>(result) <= room_.size());
        text_.append(room_.data(), static_cast<size_t>(result));
        continue;
      }
      CHECK(result == 0 || result == -EAGAIN || result == -EPROTO);
      peer_ended_ = result == 0;
      if (result == -EPROTO) fail(session_.output().substr(before));
      return;
    }
  }

  // What the last step has made ends with an alert, if with any; a handshake's flight may precede
  // it.
  void fail(std::string_view output) {
    failed_ = true;
    const std::vector<std::string> records = records_in(output);
    CHECK(!is_established() || records.size() <= 1);
    for (size_t i = 0; i + 1 < records.size(); ++i) CHECK(records[i][0] != 21);
  }

  const size_t piece_;
  std::vector<char> room_;
  TlsOutputs outputs_{1};
  std::vector<std::span<char>> lent_;
  TlsSession session_{outputs_};
  std::string text_;
  std::string sent_;
  std::string flight_;
  size_t taken_ = 0;
  bool failed_ = false;
  bool peer_ended_ = false;
};

}  // namespace fanlight
