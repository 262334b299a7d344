// SPDX-License-Identifier: Apache-2.0
#include "io/tls/traffic_keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace fanlight {
namespace {

std::vector<unsigned char> bytes_of(const std::string& hex) {
  std::vector<unsigned char> bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<unsigned char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

void set(TrafficSecret& secret, const std::vector<unsigned char>& bytes) {
  std::copy(bytes.begin(), bytes.end(), secret.bytes.begin());
  secret.size = static_cast<uint8_t>(bytes.size());
}

// RFC 8448 section 3: server_application_traffic_secret_0, and the keys made of it.
TEST(TrafficKeys, AreDerivedFromTheSecret) {
  TrafficSecret secret;
  set(secret, bytes_of("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643"));
  TrafficKeys keys;
  ASSERT_TRUE(derive_traffic_keys(kAes128GcmSha256, secret, keys));
  const auto key = bytes_of("9f02283b6c9c07efc26bb9f2ac92e356");
  const auto iv = bytes_of("cf782b88dd83549aadf1e984");
  EXPECT_TRUE(std::equal(key.begin(), key.end(), keys.key.begin()));
  EXPECT_TRUE(std::equal(iv.begin(), iv.end(), keys.iv.begin()));
}

TEST(TrafficKeys, NeedASuiteOfTls13AndASecretOfItsSize) {
  TrafficKeys keys;
  TrafficSecret secret, long_secret, short_secret;
  set(secret, std::vector<unsigned char>(32));
  set(long_secret, std::vector<unsigned char>(48));
  set(short_secret, std::vector<unsigned char>(31));
  EXPECT_TRUE(derive_traffic_keys(kChaCha20Poly1305Sha256, secret, keys));
  EXPECT_FALSE(derive_traffic_keys(kAes256GcmSha384, secret, keys));
  EXPECT_TRUE(derive_traffic_keys(kAes256GcmSha384, long_secret, keys));
  EXPECT_FALSE(derive_traffic_keys(0x1304, secret, keys));
  EXPECT_FALSE(derive_traffic_keys(0xc02b, secret, keys));
  EXPECT_FALSE(derive_traffic_keys(kAes128GcmSha256, short_secret, keys));
  EXPECT_FALSE(update_secret(kAes128GcmSha256, short_secret));
}

TEST(TrafficKeys, WipeTheirSecret) {
  TrafficSecret secret;
  set(secret, std::vector<unsigned char>(48, 0xaa));
  secret.wipe();
  EXPECT_EQ(secret.size, 0);
  EXPECT_EQ(std::count(secret.bytes.begin(), secret.bytes.end(), 0), 48);
}

}  // namespace
}  // namespace fanlight
