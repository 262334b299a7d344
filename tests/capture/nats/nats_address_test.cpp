// SPDX-License-Identifier: Apache-2.0
#include "capture/nats/nats_address.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace fanlight {
namespace {

std::string refusal_of(std::string_view url) {
  try {
    parse_nats_url(url);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "none";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

TEST(NatsAddress, HasAServerAndASubject) {
  const NatsAddress address = parse_nats_url("nats://bus.example.org/fanlight.yard.gate-2");
  EXPECT_FALSE(address.is_tls);
  EXPECT_EQ(address.host, "bus.example.org");
  EXPECT_EQ(address.port, 4222);
  EXPECT_EQ(address.subject, "fanlight.yard.gate-2");
  EXPECT_TRUE(address.user.empty());
  EXPECT_TRUE(address.token.empty());
  EXPECT_TRUE(parse_nats_url("tls://h:1/s").is_tls);
  EXPECT_EQ(parse_nats_url("tls://h:65535/s").port, 65535);
  EXPECT_EQ(parse_nats_url("nats://[fe80::1]:4333/s").host, "fe80::1");
  EXPECT_EQ(parse_nats_url("nats://[::1]/s").port, 4222);
}

TEST(NatsAddress, HasAUserOrAToken) {
  const NatsAddress user = parse_nats_url("nats://me:a%40b%3a%2F%41@h/s");
  EXPECT_EQ(user.user, "me");
  EXPECT_EQ(user.password, "a@b:/A");
  EXPECT_TRUE(user.token.empty());
  const NatsAddress token = parse_nats_url("nats://s3cret@h/s");
  EXPECT_EQ(token.token, "s3cret");
  EXPECT_TRUE(token.user.empty());
}

TEST(NatsAddress, SaysWhetherUpdatesArePublished) {
  EXPECT_FALSE(parse_nats_url("nats://h/s").segments);
  EXPECT_FALSE(parse_nats_url("nats://h/s?segments=0").segments);
  const NatsAddress address = parse_nats_url("nats://u:p@h:1/a.b?segments=1");
  EXPECT_TRUE(address.segments);
  EXPECT_EQ(address.subject, "a.b");
  for (const char* query : {"", "segments", "segments=", "segments=2", "segments=11", "fps=5",
                            "segments=1&fps=5", "?segments=1"}) {
    EXPECT_TRUE(has(refusal_of(std::string("nats://h/s?") + query), "only ?segments=1")) << query;
  }
  EXPECT_TRUE(has(refusal_of("nats://h/?segments=1"), "no subject"));
}

TEST(NatsAddress, IsRefusedWithTheReasonAndWithoutSecrets) {
  EXPECT_TRUE(has(refusal_of("http://h/s"), "another scheme"));
  for (const char* url : {"nats:///s", "nats://a b/s", "nats://:4222/s", "nats://[::1/s/"}) {
    EXPECT_TRUE(has(refusal_of(url), "no host")) << url << ": " << refusal_of(url);
  }
  for (const char* url :
       {"nats://h:0/s", "nats://h:65536/s", "nats://h:x/s", "nats://h:/s", "nats://[::1]4222/s"}) {
    EXPECT_TRUE(has(refusal_of(url), "no such port")) << url << ": " << refusal_of(url);
  }
  EXPECT_TRUE(has(refusal_of("nats://h"), "no subject"));
  EXPECT_TRUE(has(refusal_of("nats://h/"), "no subject"));
  for (const char* url : {"nats://me:%@h/s", "nats://me:%4@h/s", "nats://me:%4x@h/s"}) {
    EXPECT_TRUE(has(refusal_of(url), "two digits")) << url;
  }
  const std::string secret = refusal_of("nats://me:secret@h/a.*");
  EXPECT_TRUE(has(secret, "nats://h/")) << secret;
  EXPECT_FALSE(has(secret, "secret")) << secret;
}

TEST(NatsAddress, SubjectsAreThoseThatOneCanPublishOn) {
  for (const char* subject : {"a", "fanlight.a_b.C-1", "a.$b", "a/b"}) {
    EXPECT_NO_THROW(check_subject(subject)) << subject;
  }
  for (const char* subject : {"", "a.*", ">", "a.>", ".a", "a.", "a..b", "a b", "a\tb", "\xc3\xa4",
                              "$SYS.a", "_INBOX.a", "_FANLIGHT.a", "a?b"}) {
    EXPECT_THROW(check_subject(subject), std::invalid_argument) << subject;
  }
  EXPECT_NO_THROW(check_subject(std::string(128, 'a')));
  EXPECT_THROW(check_subject(std::string(129, 'a')), std::invalid_argument);
}

TEST(NatsAddress, TheSubjectOfADirectoryHasWildcards) {
  for (const char* pattern : {"fanlight.>", ">", "*", "a.*.b", "*.*", "a.*.>"}) {
    EXPECT_NO_THROW(check_subject_pattern(pattern)) << pattern;
  }
  for (const char* pattern : {"", "a", "a.b", "a*", "a.b>", ">.a", "a.>.b", "a..*", "*.", "$SYS.>",
                              "_INBOX.*", "_FANLIGHT.>", "a ?.*"}) {
    EXPECT_THROW(check_subject_pattern(pattern), std::invalid_argument) << pattern;
  }
  const std::string url = "tls://me:s%2Fcrt@[::1]:4333/fanlight.*.cam";
  const NatsAddress address = parse_nats_directory_url(url);
  EXPECT_EQ(address.subject, "fanlight.*.cam");
  EXPECT_EQ(address.password, "s/crt");
  EXPECT_EQ(nats_camera_url(url, "fanlight.a.cam"), "tls://me:s%2Fcrt@[::1]:4333/fanlight.a.cam");
  EXPECT_THROW(parse_nats_directory_url("nats://h/a"), std::invalid_argument);
  EXPECT_THROW(parse_nats_url("nats://h/a.>"), std::invalid_argument);
}

}  // namespace
}  // namespace fanlight
