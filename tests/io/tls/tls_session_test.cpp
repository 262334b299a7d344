// SPDX-License-Identifier: Apache-2.0
#include "io/tls/tls_session.h"

#include <gtest/gtest.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/io/tls/tls_pair.h"

namespace fanlight {
namespace {

// In place of the kernel's TLS, which not every kernel has (tests/vm/tls_test.py uses the real
// one): the options of this descriptor are noted, and refused or not.
constexpr int kFakeFd = 1'000'000;
struct FakeOptions {
  bool has_tls = true;
  std::vector<std::pair<int, int>> names{};  // level and name
};
FakeOptions* fake_options = nullptr;

int set_fake_option(int level, int name) {
  fake_options->names.emplace_back(level, name);
  return fake_options->has_tls ? 0 : -1;
}

}  // namespace
}  // namespace fanlight

extern "C" int setsockopt(int fd, int level, int name, const void* value, socklen_t size) noexcept {
  using namespace fanlight;
  if (fd == kFakeFd) return set_fake_option(level, name);
  return static_cast<int>(::syscall(SYS_setsockopt, fd, level, name, value, size));
}

namespace fanlight {
namespace {

std::string numbered(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7 + i / 251);
  return text;
}

iovec slice_of(std::string& text, size_t from = 0) {
  return {text.data() + from, text.size() - from};
}

const int kVersions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

TEST(TlsSession, ShakesHandsInPiecesOfAnySize) {
  for (const int version : kVersions) {
    for (const size_t step : {size_t{1}, size_t{7}, size_t{1000}, SIZE_MAX}) {
      TlsPair pair({.version = version});
      EXPECT_TRUE(pair.shake_hands(step)) << version << ", " << step;
      EXPECT_FALSE(pair.server.sends_in_kernel());
      EXPECT_FALSE(pair.server.has_input());
      EXPECT_EQ(pair.outputs.used(), 0u);
    }
  }
}

TEST(TlsSession, FailsWithAnAlertWhenTheHandshakeIsNone) {
  TlsPair pair;
  const std::string_view garbage("\x16\x03\x01\x00\x05\x99\x00\x00\x01\x00", 10);
  const std::span<char> room = pair.server.input_room();
  std::copy(garbage.begin(), garbage.end(), room.begin());
  pair.server.received(garbage.size());
  EXPECT_EQ(pair.server.shake_hands(), TlsSession::Step::failed);
  ASSERT_GE(pair.server.output().size(), 7u);
  EXPECT_EQ(pair.server.output().front(), 21);  // an alert
}

TEST(TlsSession, ReadsWhatTheClientSendsInPiecesOfTheRoom) {
  for (const int version : kVersions) {
    TlsPair pair({.version = version});
    ASSERT_TRUE(pair.shake_hands());
    const std::string text = numbered(50'000);
    pair.client.write(text);
    int last = 0;
    EXPECT_EQ(pair.read_at_server(&last), text);
    EXPECT_EQ(last, -EAGAIN);
    EXPECT_FALSE(pair.server.has_input());
  }
}

// Two requests in one record: the second is there without another receive.
TEST(TlsSession, HasInputWhileARecordIsNotReadToItsEnd) {
  TlsPair pair;
  ASSERT_TRUE(pair.shake_hands());
  pair.client.write("one two");
  const std::string record = pair.client.take_output();
  std::copy(record.begin(), record.end(), pair.server.input_room().begin());
  pair.server.received(record.size());
  EXPECT_TRUE(pair.server.has_input());
  std::array<char, 4> room;
  EXPECT_EQ(pair.server.read(room), 4);
  EXPECT_TRUE(pair.server.has_input());
  EXPECT_EQ(pair.server.read(room), 3);
  EXPECT_FALSE(pair.server.has_input());
  EXPECT_EQ(pair.server.read(room), -EAGAIN);
}

// Carries a part of a stream to the client. Returns in how many pieces.
size_t carry_part(TlsPair& pair) {
  std::string head = "head of a part\r\n\r\n";
  std::string picture = numbered(100'000);
  const std::string text = head + picture;
  const size_t used_before = pair.outputs.used();
  std::string arrived;
  size_t rounds = 0;
  for (size_t taken = 0; taken < text.size(); ++rounds) {
    std::vector<iovec> slices;
    if (taken == 0) slices.push_back(slice_of(head));
    slices.push_back(slice_of(picture, taken == 0 ? 0 : taken - head.size()));
    EXPECT_TRUE(pair.server.seal(slices));
    EXPECT_EQ(pair.outputs.used(), used_before + 1);
    const std::string bytes(pair.server.output());
    pair.client.receive(bytes);
    EXPECT_EQ(pair.server.sent(bytes.size() / 2), 0u);
    taken += pair.server.sent(bytes.size() - bytes.size() / 2);
    EXPECT_EQ(pair.outputs.used(), used_before);
    arrived += pair.client.read();
  }
  EXPECT_EQ(arrived, text);
  return rounds;
}

// As many records as fit at a time; what has been taken is known when all of them are sent.
TEST(TlsSession, SealsSlicesInPiecesThatFit) {
  for (const int version : kVersions) {
    TlsPair pair({.version = version});
    ASSERT_TRUE(pair.shake_hands());
    EXPECT_EQ(carry_part(pair), 1u);
    std::vector<std::span<char>> held;  // by viewers that are slow
    for (size_t i = 0; i < TlsOutputs::kLargeMax; ++i) held.push_back(pair.outputs.lend());
    EXPECT_EQ(carry_part(pair), 4u);
    for (const std::span<char> buffer : held) pair.outputs.take_back(buffer);
    EXPECT_EQ(carry_part(pair), 1u);
  }
}

// All of it, however often it was used before.
TEST(TlsSession, OutputBeginsWithTheBuffer) {
  TlsPair pair;
  ASSERT_TRUE(pair.shake_hands());
  const std::span<char> buffer = pair.outputs.lend();
  pair.outputs.take_back(buffer);
  std::string text = "answer";
  const iovec slice = slice_of(text);
  ASSERT_TRUE(pair.server.seal({&slice, 1}));
  EXPECT_EQ(pair.server.output().data(), buffer.data());
}

TEST(TlsSession, EndsWithCloseNotify) {
  for (const int version : kVersions) {
    TlsPair pair({.version = version});
    ASSERT_TRUE(pair.shake_hands());
    EXPECT_FALSE(pair.server.is_closed());
    pair.server.close();
    EXPECT_TRUE(pair.server.is_closed());
    pair.to_client();
    EXPECT_EQ(pair.client.read(), "");
    EXPECT_TRUE(pair.client.ended());
    EXPECT_FALSE(pair.client.failed());
  }
}

TEST(TlsSession, ReadsTheClientsEndAndGoesOnSending) {
  TlsPair pair;
  ASSERT_TRUE(pair.shake_hands());
  pair.client.write("last");
  pair.client.end_writing();
  int last = -1;
  EXPECT_EQ(pair.read_at_server(&last), "last");
  EXPECT_EQ(last, 0);
  std::string text = "answer";
  const iovec slice = slice_of(text);
  ASSERT_TRUE(pair.server.seal({&slice, 1}));
  EXPECT_EQ(pair.to_client(), text.size());
  EXPECT_EQ(pair.client.read(), text);
}

TEST(TlsSession, ReportsWhatViolatesTheProtocolAndSealsNothingMore) {
  TlsPair pair;
  ASSERT_TRUE(pair.shake_hands());
  pair.client.write("good");
  pair.client.write("text");
  std::string record = pair.client.take_output();
  record.back() ^= 1;  // of the last tag
  std::copy(record.begin(), record.end(), pair.server.input_room().begin());
  pair.server.received(record.size());
  std::array<char, 100> room;
  EXPECT_EQ(pair.server.read(room), 4);
  EXPECT_FALSE(pair.client.failed());
  pair.to_client();
  EXPECT_EQ(pair.client.read(), "");
  EXPECT_TRUE(pair.client.failed()) << "no alert";
  std::string text = "answer";
  const iovec slice = slice_of(text);
  EXPECT_FALSE(pair.server.seal({&slice, 1}));
}

// The reply goes out in front of the next record.
TEST(TlsSession, AnswersAKeyUpdateInFrontOfTheNextRecord) {
  TlsPair pair({.version = TLS1_3_VERSION});
  ASSERT_TRUE(pair.shake_hands());
  std::string text = numbered(2 * TlsSession::kRecordBytesMax);
  const iovec slice = slice_of(text);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(pair.server.seal({&slice, 1}));
    const size_t without_reply = pair.server.output().size();
    pair.client.update_keys();
    pair.client.write("ping");
    EXPECT_EQ(pair.read_at_server(), "ping");
    EXPECT_EQ(pair.server.output().size(), without_reply);  // what is being sent stays as it is
    EXPECT_EQ(pair.to_client(), text.size());
    EXPECT_EQ(pair.client.read(), text);
    ASSERT_TRUE(pair.server.seal({&slice, 1}));
    EXPECT_EQ(pair.server.output().size(), without_reply + 5 + RecordSealer::kOverhead);
    EXPECT_EQ(pair.to_client(), text.size());
    EXPECT_EQ(pair.client.read(), text);
    EXPECT_FALSE(pair.client.failed());
  }
}

TEST(TlsSession, LetsTheKernelMakeTheRecordsWhereItCan) {
  constexpr int kSolTls = 282;  // <linux/socket.h>
  for (const bool has_tls : {true, false}) {
    FakeOptions options{.has_tls = has_tls};
    fake_options = &options;
    TlsPair pair({.version = TLS1_3_VERSION}, kFakeFd);
    ASSERT_TRUE(pair.shake_hands());
    EXPECT_EQ(pair.server.sends_in_kernel(), has_tls);
    std::vector<std::pair<int, int>> names{{IPPROTO_TCP, TCP_ULP}};
    if (has_tls) names.emplace_back(kSolTls, TLS_TX);
    EXPECT_EQ(options.names, names);
    // What OpenSSL would send is dropped, where the kernel seals.
    pair.server.close();
    EXPECT_EQ(pair.server.output().empty(), has_tls);
  }
}

// OpenSSL makes the records of TLS 1.2: there are no keys for the kernel.
TEST(TlsSession, TheKernelGetsNoKeysOfTls12) {
  FakeOptions options;
  fake_options = &options;
  TlsPair pair({.version = TLS1_2_VERSION}, kFakeFd);
  ASSERT_TRUE(pair.shake_hands());
  EXPECT_FALSE(pair.server.sends_in_kernel());
  EXPECT_TRUE(options.names.empty());
}

// RFC 6066 section 4: small devices have small buffers.
TEST(TlsSession, SealsNoLongerRecordsThanTheClientWants) {
  for (const int version : kVersions) {
    TlsPair pair({.version = version, .max_fragment = TLSEXT_max_fragment_length_1024});
    ASSERT_TRUE(pair.shake_hands());
    carry_part(pair);
    std::string text = numbered(5000);
    const iovec slice = slice_of(text);
    ASSERT_TRUE(pair.server.seal({&slice, 1}));
    const std::string bytes(pair.server.output());
    size_t at = 0;
    for (size_t size = 0; at < bytes.size(); at += 5 + size) {
      size = size_t{static_cast<unsigned char>(bytes[at + 3])} << 8 |
             static_cast<unsigned char>(bytes[at + 4]);
      EXPECT_LE(size, 1024u + 24);  // nonce, type, tag
    }
    EXPECT_EQ(at, bytes.size());
    pair.to_client();
    EXPECT_EQ(pair.client.read(), text);
    EXPECT_FALSE(pair.client.failed());
  }
}

// RFC 8446 section 5.5. Clients go along with it.
TEST(TlsSession, ChangesItsKeysAfterManyRecords) {
  TlsPair pair({.version = TLS1_3_VERSION}, -1, 3);
  ASSERT_TRUE(pair.shake_hands());
  std::string text = "content";
  const iovec slice = slice_of(text);
  size_t with_keys = 0;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(pair.server.seal({&slice, 1}));
    with_keys += pair.server.output().size() > text.size() + RecordSealer::kOverhead;
    EXPECT_EQ(pair.to_client(), text.size());
    EXPECT_EQ(pair.client.read(), text);
  }
  EXPECT_EQ(with_keys, 6u);  // before the records 4, 7, ..., 19
  pair.client.write("ping");
  EXPECT_EQ(pair.read_at_server(), "ping");
}

// Each suite, which the client chooses.
TEST(TlsSession, SealsWithEachSuite) {
  for (const char* suite :
       {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}) {
    TlsPair pair({.version = TLS1_3_VERSION, .suites = suite});
    ASSERT_TRUE(pair.shake_hands());
    EXPECT_EQ(pair.client.cipher(), suite);
    carry_part(pair);
    pair.client.update_keys();
    EXPECT_EQ(pair.read_at_server(), "");
    carry_part(pair);
  }
}

// What it sends is taken in at once, whether or not there is room for replies: otherwise the input
// would be full, which input_room() takes for a bug.
TEST(TlsSession, ReadsAnyNumberOfKeyUpdatesOfAClientThatReadsNothing) {
  TlsPair pair({.version = TLS1_3_VERSION});
  ASSERT_TRUE(pair.shake_hands());
  std::string text = numbered(TlsOutputs::kLargeBytes);
  const iovec slice = slice_of(text);
  ASSERT_TRUE(pair.server.seal({&slice, 1}));
  const size_t output = pair.server.output().size();
  for (int i = 0; i < 500; ++i) {
    pair.client.update_keys();
    EXPECT_EQ(pair.read_at_server(), "");
    ASSERT_TRUE(pair.server.input().empty()) << i;
  }
  EXPECT_EQ(pair.server.output().size(), output);
}

}  // namespace
}  // namespace fanlight
