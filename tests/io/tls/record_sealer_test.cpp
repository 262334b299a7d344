// SPDX-License-Identifier: Apache-2.0
// That clients read the records: tls_session_test.cpp, tests/interop/tls_test.py.
#include "io/tls/record_sealer.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>

namespace fanlight {
namespace {

constexpr uint16_t kSuites[] = {kAes128GcmSha256, kAes256GcmSha384, kChaCha20Poly1305Sha256};

TrafficKeys some_keys() {
  TrafficKeys keys;
  for (size_t i = 0; i < keys.key.size(); ++i) keys.key[i] = static_cast<unsigned char>(3 * i + 1);
  for (size_t i = 0; i < keys.iv.size(); ++i) keys.iv[i] = static_cast<unsigned char>(200 + i);
  return keys;
}

const EVP_CIPHER* cipher_of(uint16_t suite) {
  if (suite == kAes128GcmSha256) return EVP_aes_128_gcm();
  return suite == kAes256GcmSha384 ? EVP_aes_256_gcm() : EVP_chacha20_poly1305();
}

// The content with its type behind it; empty if the record is not genuine.
std::string open(uint16_t suite, const TrafficKeys& keys, uint64_t sequence, std::string record) {
  auto nonce = keys.iv;
  for (size_t i = 0; i < 8; ++i) {
    nonce[11 - i] ^= static_cast<unsigned char>(sequence >> (8 * i));
  }
  auto* const bytes = reinterpret_cast<unsigned char*>(record.data());
  const auto size = static_cast<int>(record.size()) - 5 - 16;
  std::string content(static_cast<size_t>(size), '\0');
  auto* const out = reinterpret_cast<unsigned char*>(content.data());
  const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> context(EVP_CIPHER_CTX_new(),
                                                                           &EVP_CIPHER_CTX_free);
  int done = 0;
  const bool is_genuine =
      EVP_DecryptInit_ex(context.get(), cipher_of(suite), nullptr, keys.key.data(), nonce.data()) ==
          1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, 16, bytes + 5 + size) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &done, bytes, 5) == 1 &&
      EVP_DecryptUpdate(context.get(), out, &done, bytes + 5, size) == 1 &&
      EVP_DecryptFinal_ex(context.get(), out + size, &done) == 1;
  return is_genuine ? content : std::string();
}

std::string sealed(RecordSealer& sealer, RecordType type, const std::string& content) {
  std::string record(content.size() + RecordSealer::kOverhead, '\0');
  EXPECT_TRUE(sealer.seal(type, content, record.data()));
  return record;
}

TEST(RecordSealer, MakesRecordsAsTheRfcHasThem) {
  for (const uint16_t suite : kSuites) {
    RecordSealer sealer;
    ASSERT_TRUE(sealer.begin(suite, some_keys()));
    uint64_t sequence = 0;
    for (const size_t size : {size_t{1}, size_t{15}, size_t{16}, size_t{17}, size_t{16'000},
                              RecordSealer::kContentMax, size_t{0}}) {
      const std::string content(size, 'x');
      const std::string record = sealed(sealer, RecordType::application_data, content);
      EXPECT_EQ(record.substr(0, 3), "\x17\x03\x03");
      const auto high = static_cast<unsigned char>(record[3]);
      const auto low = static_cast<unsigned char>(record[4]);
      EXPECT_EQ(size_t{high} << 8 | low, record.size() - 5);
      EXPECT_EQ(open(suite, some_keys(), sequence++, record), content + '\x17') << size;
    }
    EXPECT_EQ(open(suite, some_keys(), sequence, sealed(sealer, RecordType::alert, {1, 0})),
              std::string({1, 0, 21}));
  }
}

// A number that is used twice gives the plain text away, and the key of GCM's tags.
TEST(RecordSealer, UsesEachNumberOnce) {
  RecordSealer sealer;
  ASSERT_TRUE(sealer.begin(kAes128GcmSha256, some_keys()));
  std::set<std::string> records;
  for (uint64_t i = 0; i < 300; ++i) {
    const std::string record = sealed(sealer, RecordType::application_data, "same");
    EXPECT_EQ(open(kAes128GcmSha256, some_keys(), i, record), "same\x17") << i;
    records.insert(record);
  }
  EXPECT_EQ(records.size(), 300u);
  // A stream has so many within minutes: all bytes of the number count.
  constexpr uint64_t kMany = (1 << 16) + 2;
  for (uint64_t i = 300; i < kMany; ++i) sealed(sealer, RecordType::application_data, "");
  const std::string record = sealed(sealer, RecordType::application_data, "same");
  EXPECT_EQ(open(kAes128GcmSha256, some_keys(), kMany, record), "same\x17");
  EXPECT_EQ(sealer.records(), kMany + 1);
}

TEST(RecordSealer, BeginsAgainWithOtherKeys) {
  RecordSealer sealer;
  ASSERT_TRUE(sealer.begin(kAes256GcmSha384, some_keys()));
  sealed(sealer, RecordType::application_data, "old");
  TrafficKeys keys = some_keys();
  keys.key[31] ^= 1;
  ASSERT_TRUE(sealer.begin(kAes256GcmSha384, keys));
  const std::string record = sealed(sealer, RecordType::handshake, "new");
  EXPECT_EQ(open(kAes256GcmSha384, keys, 0, record), "new\x16");
  EXPECT_EQ(open(kAes256GcmSha384, some_keys(), 0, record), "");
}

TEST(RecordSealer, KnowsTheSuitesOfTls13Only) {
  RecordSealer sealer;
  EXPECT_FALSE(sealer.begin(0xc02b, some_keys()));
  EXPECT_FALSE(sealer.has_begun());
}

}  // namespace
}  // namespace fanlight
