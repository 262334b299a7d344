// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/relay_chain.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <system_error>

#include "core/camera_panel.h"

namespace fanlight {
namespace {

int error_of(const std::string& upstream, std::string_view pseudonym = "me") {
  try {
    extend_relay_chain(upstream, pseudonym);
  } catch (const std::system_error& error) {
    return error.code().value();
  }
  return 0;
}

std::string repeated(std::string_view text, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

TEST(RelayChain, PseudonymIsAStableTokenThatDiffersByUrl) {
  const std::string name = relay_pseudonym("http://cam/");
  EXPECT_EQ(name, relay_pseudonym("http://cam/"));
  EXPECT_NE(name, relay_pseudonym("http://cam/stream"));
  EXPECT_EQ(name.size(), 25u);
  EXPECT_EQ(name.find_first_not_of("abcdefghilnt0123456789-"), name.npos) << name;
}

TEST(RelayChain, EveryRelayAppendsItself) {
  EXPECT_EQ(extend_relay_chain("", "me"), "1.1 me");
  EXPECT_EQ(extend_relay_chain("1.1 a", "me"), "1.1 a, 1.1 me");
  EXPECT_EQ(extend_relay_chain("1.0 a:8080,HTTP/2 b ,, ", "me"), "1.0 a:8080, HTTP/2 b, 1.1 me");
}

TEST(RelayChain, OmitsComments) {
  EXPECT_EQ(extend_relay_chain("1.1 a (Squid, (old\\) 1.1 me)), 1.1 b", "me"),
            "1.1 a, 1.1 b, 1.1 me");
}

TEST(RelayChain, DetectsALoop) {
  EXPECT_EQ(error_of("1.1 me"), ELOOP);
  EXPECT_EQ(error_of("1.1 a, 1.1  me (x), 1.1 b"), ELOOP);
  EXPECT_EQ(error_of("1.1 some"), 0);
  EXPECT_EQ(error_of("1.1 me2, 1.1 a-me"), 0);
  EXPECT_EQ(error_of("me"), 0) << "a protocol of that name";
}

TEST(RelayChain, HasAMaximumLength) {
  EXPECT_EQ(error_of(repeated("1.1 a,", kRelaysMax - 1)), 0);
  EXPECT_EQ(error_of(repeated("1.1 a,", kRelaysMax)), ELOOP);
  const std::string room(CameraPanel::kViaBytesMax - std::string(", 1.1 me").size(), 'x');
  EXPECT_EQ(error_of(room), 0);
  EXPECT_EQ(error_of(room + "x"), EPROTO);
}

TEST(RelayChain, RefusesUnprintableCharacters) {
  EXPECT_EQ(error_of("1.1 a\r\nX: y"), EPROTO);
  EXPECT_EQ(error_of("1.1 \xc3\xa4"), EPROTO);
  EXPECT_EQ(error_of("1.1\ta"), 0);
}

}  // namespace
}  // namespace fanlight
