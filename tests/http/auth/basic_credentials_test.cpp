// SPDX-License-Identifier: Apache-2.0
#include "http/auth/basic_credentials.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <array>
#include <string>

namespace fanlight {
namespace {

std::string encoded(const std::string& text) {
  std::string base64(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  base64.resize(static_cast<size_t>(size));
  return base64;
}

// "USER PASSWORD", or "-" if there are none.
std::string read(const std::string& field) {
  std::array<char, kCredentialBytesMax> room;
  const auto credentials = parse_basic_credentials(field, room);
  if (!credentials) return "-";
  return std::string(credentials->user) + " " + std::string(credentials->password);
}

TEST(BasicCredentials, OfTheRfc) {
  EXPECT_EQ(read("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), "Aladdin open sesame");
  EXPECT_EQ(read("Basic dGVzdDoxMjPCow=="), "test 123\xc2\xa3");
}

TEST(BasicCredentials, TheSchemeHasNoCase) {
  for (const char* scheme : {"basic ", "BASIC ", "Basic   "}) {
    EXPECT_EQ(read(scheme + encoded("a:b")), "a b") << scheme;
  }
  for (const std::string field :
       {"", "Basic", "Basic ", "Bearer YTpi", "BasicYTpi", "Basic:YTpi"}) {
    EXPECT_EQ(read(field), "-") << field;
  }
}

TEST(BasicCredentials, ThePasswordMayHaveColonsAndBeEmpty) {
  EXPECT_EQ(read("Basic " + encoded("a:b:c:")), "a b:c:");
  EXPECT_EQ(read("Basic " + encoded("a:")), "a ");
  EXPECT_EQ(read("Basic " + encoded(":b")), "-");
  EXPECT_EQ(read("Basic " + encoded("ab")), "-");
}

TEST(BasicCredentials, ControlCharacters) {
  for (const char c : {'\0', '\n', '\r', '\t', '\x1f', '\x7f'}) {
    EXPECT_EQ(read("Basic " + encoded(std::string("a") + c + ":b")), "-");
    EXPECT_EQ(read("Basic " + encoded(std::string("a:b") + c)), "-");
  }
}

TEST(BasicCredentials, MalformedBase64) {
  for (const char* text : {"YTpi=", "YTpi==", "YTp", "YTo", "YTo==", "Y===", "YT=i", "YT pi",
                           "YTp-", "YT\npi", "====", "Y=pi", "YTpiY"}) {
    EXPECT_EQ(read(std::string("Basic ") + text), "-") << text;
  }
}

TEST(BasicCredentials, LimitsOfLength) {
  const std::string user(kUserBytesMax, 'u'), password(kLoginPasswordBytesMax, 'p');
  EXPECT_EQ(read("Basic " + encoded(user + ":" + password)), user + " " + password);
  EXPECT_EQ(read("Basic " + encoded(user + "u:" + password.substr(1))), "-");
  EXPECT_EQ(read("Basic " + encoded(user.substr(1) + ":" + password + "p")), "-");
  EXPECT_EQ(read("Basic " + encoded(user + ":" + password + password)), "-");
}

}  // namespace
}  // namespace fanlight
