// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/http_answer.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

struct Head {
  HttpAnswer answer;
  HttpFraming framing;
};

Head head_of(std::initializer_list<std::string_view> lines) {
  Head head;
  for (const std::string_view line : lines) read_field(line, head.answer, head.framing);
  return head;
}

TEST(HttpAnswer, HasTheFieldsOfAPicture) {
  const Head head = head_of({"Content-Type: image/jpeg \r\n", "ETAG:\"7\"\r\n",
                             "x-timestamp: 12.5\n", "X-Sequence:\t9\r\n",
                             "Sec-WebSocket-Accept: k=\r\n", "Other: x\r\n", "Etagged: y\r\n"});
  EXPECT_EQ(head.answer.content_type, "image/jpeg");
  EXPECT_EQ(head.answer.etag, "\"7\"");
  EXPECT_EQ(head.answer.timestamp, "12.5");
  EXPECT_EQ(head.answer.sequence, "9");
  EXPECT_EQ(head.answer.accept, "k=");
}

TEST(HttpAnswer, RelaysAreJoined) {
  EXPECT_EQ(head_of({"Via: 1.1 a\r\n", "VIA: 1.1 b\r\n"}).answer.via, "1.1 a, 1.1 b");
  const std::string long_name(2000, 'x');
  EXPECT_EQ(head_of({"Via: " + long_name + "\r\n"}).answer.via.size(), 1024u);
}

TEST(HttpAnswer, KnowsHowTheBodyIsSent) {
  EXPECT_EQ(head_of({"Content-Length: 12\r\n"}).framing.length, 12u);
  EXPECT_FALSE(head_of({"Content-Length: 12\r\n"}).framing.is_length_bad);
  EXPECT_TRUE(head_of({"Content-Length: 12 bytes\r\n"}).framing.is_length_bad);
  EXPECT_TRUE(head_of({"Transfer-Encoding: chunked\r\n"}).framing.is_coded);
  EXPECT_TRUE(head_of({"Content-Encoding: gzip\r\n"}).framing.is_coded);
  EXPECT_TRUE(head_of({"WWW-Authenticate: Digest realm=x\r\n"}).framing.is_challenge);
  EXPECT_FALSE(head_of({"WWW-Authenticate: Token\r\n"}).framing.is_challenge);
  EXPECT_EQ(head_of({"Location: /other\r\n"}).framing.location, "/other");
}

}  // namespace
}  // namespace fanlight
