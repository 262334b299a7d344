// SPDX-License-Identifier: Apache-2.0
#include "http/auth/signed_link.h"

#include <gtest/gtest.h>

#include <string>

namespace fanlight {
namespace {

const std::string kKey = "0123456789abcdef0123456789abcdef";
const std::string kOtherKey = "fedcba9876543210fedcba9876543210";
// Computed with Python's hmac.
const std::string kMacWithFps = "rfojGdZUhA3ryLwZFrFZxwj8ydheu898k5_c2CfggDU";
const std::string kMac = "HJv6H1T5NHkQZvKeC5d909usf53KupkVqwo9YuYfn6g";

LinkKeys keys(const std::string& text) {
  LinkKeys result;
  EXPECT_FALSE(result.parse(text));
  return result;
}

TEST(SignedLink, TheTextThatIsSigned) {
  const LinkKeys signing = keys(kKey);
  EXPECT_EQ(signing.sign(1'790'000'000, "front", "5"),
            "exp=1790000000&cam=front&sig=5-" + kMacWithFps);
  EXPECT_EQ(signing.sign(1'790'000'000, "front", ""), "exp=1790000000&cam=front&sig=" + kMac);
}

TEST(SignedLink, HasALimitOfPicturesOrNone) {
  const LinkKeys signing = keys(kKey);
  const std::string sig = "5-" + kMacWithFps;
  const auto limited = parse_link({"1790000000", "front", sig});
  ASSERT_TRUE(limited);
  EXPECT_EQ(limited->expires, 1'790'000'000);
  EXPECT_EQ(limited->camera, "front");
  EXPECT_EQ(limited->fps_max, 5);
  EXPECT_TRUE(signing.have_signed(*limited));
  const auto unlimited = parse_link({"1790000000", "front", kMac});
  ASSERT_TRUE(unlimited);
  EXPECT_EQ(unlimited->fps_max, 0);
  EXPECT_TRUE(signing.have_signed(*unlimited));
}

TEST(SignedLink, NothingInItCanBeChanged) {
  const LinkKeys signing = keys(kKey);
  const std::string other = "G" + kMac.substr(1);
  for (const LinkTexts& texts : {
           LinkTexts{"1790000001", "front", kMac},
           LinkTexts{"01790000000", "front", kMac},
           LinkTexts{"1790000000", "yard", kMac},
           LinkTexts{"1790000000", "front", other},
       }) {
    const auto link = parse_link(texts);
    ASSERT_TRUE(link);
    EXPECT_FALSE(signing.have_signed(*link)) << texts.exp << texts.cam << texts.sig;
  }
  for (const std::string fps : {"50-", "5.0-", "05-", "6-", "4-"}) {
    const std::string sig = fps + kMacWithFps;
    const auto link = parse_link({"1790000000", "front", sig});
    ASSERT_TRUE(link) << fps;
    EXPECT_FALSE(signing.have_signed(*link)) << fps;
  }
  const auto without_limit = parse_link({"1790000000", "front", kMacWithFps});
  ASSERT_TRUE(without_limit);
  EXPECT_FALSE(signing.have_signed(*without_limit));
}

TEST(SignedLink, MalformedOnes) {
  for (const LinkTexts& texts : {
           LinkTexts{"", "front", kMac},
           LinkTexts{"-1", "front", kMac},
           LinkTexts{"0", "front", kMac},
           LinkTexts{"99999999999999999999", "front", kMac},
           LinkTexts{"1e9", "front", kMac},
           LinkTexts{"1790000000", "", kMac},
           LinkTexts{"1790000000", "Front", kMac},
           LinkTexts{"1790000000", "a\nfps=9", kMac},
           LinkTexts{"1790000000", "front", ""},
       }) {
    EXPECT_FALSE(parse_link(texts)) << texts.exp << texts.cam;
  }
  for (const std::string& sig :
       {kMac.substr(1), kMac + "A", kMac.substr(0, 42) + "=", kMac.substr(0, 42) + "+",
        kMac.substr(0, 42) + "h",  // its last bits are not 0
        "-" + kMac, "5" + kMac, "0-" + kMac, "-5-" + kMac, "1e2-" + kMac, "inf-" + kMac,
        "nan-" + kMac, "1001-" + kMac, ".5-" + kMac, "5 -" + kMac, "1.00000000000000000-" + kMac,
        "5-" + kMac.substr(1)}) {
    EXPECT_FALSE(parse_link({"1790000000", "front", sig})) << sig;
  }
}

TEST(SignedLink, KeysAreExchangedTwoAtATime) {
  const LinkKeys before = keys(kKey), during = keys(kOtherKey + "\n" + kKey + "\n"),
                 after = keys(kOtherKey);
  const auto old_link = parse_link({"1790000000", "front", kMac});
  EXPECT_TRUE(before.have_signed(*old_link) && during.have_signed(*old_link));
  EXPECT_FALSE(after.have_signed(*old_link));
  const std::string query = during.sign(1'790'000'000, "front", "");
  EXPECT_EQ(query, after.sign(1'790'000'000, "front", "")) << "the first key signs";
}

TEST(SignedLink, TheFileOfKeys) {
  LinkKeys some = keys("# made in May\n\n" + kKey + "\r\n# older\n" + kOtherKey);
  struct Case {
    std::string text;
    size_t line;
    std::string words;
  };
  for (const Case& c : {
           Case{"", 1, "there is no key"},
           Case{"#" + kKey, 1, "there is no key"},
           Case{"\n" + kKey.substr(1), 2, "a key has 32 to 512 characters"},
           Case{std::string(513, 'k'), 1, "a key has 32 to 512 characters"},
           Case{kKey + "\n" + kKey + "\n" + kKey, 3, "there are more than two keys"},
           Case{std::string(4097, '\n'), 1, "the file is larger than 4096 bytes"},
       }) {
    const auto mistake = some.parse(c.text);
    ASSERT_TRUE(mistake) << c.text;
    EXPECT_EQ(mistake->line, c.line);
    EXPECT_TRUE(mistake->words.starts_with(c.words)) << mistake->words;
    EXPECT_TRUE(some.have_signed(*parse_link({"1790000000", "front", kMac})))
        << "the old ones stay";
  }
}

}  // namespace
}  // namespace fanlight
