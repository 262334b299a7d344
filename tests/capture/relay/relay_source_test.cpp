// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/relay_source.h"

#include <semaphore>

#include "tests/capture/relay/test_relay.h"

namespace fanlight {
namespace {

TEST_F(RelaySourceTest, RelaysPicturesByteForByteWithTheirTimes) {
  Signal handed_over;
  ScriptedServer server({[&](Peer& peer) {
    peer.read_head();
    peer.write(kStream + numbered_part(1, 5) + "--B\r\n");
    handed_over.wait();
    peer.write_byte_by_byte(numbered_part(2, 600'000).substr(5) + "--B\r\n");
  }});
  RelaySource source = open(server.url());
  EXPECT_EQ(source.format().width, 64);
  EXPECT_EQ(source.format().height, 48);
  EXPECT_EQ(source.format().jpeg_bytes_max, jpeg(1).size());
  EXPECT_EQ(source.format().interval, Duration::zero()) << "not known";
  auto picture = next(source);
  EXPECT_EQ(text_of(picture->jpeg), jpeg(1));
  EXPECT_EQ(picture->captured_wall, WallTime(1'700'000'000'000'005us));
  EXPECT_EQ(picture->width, 64);
  EXPECT_EQ(picture->height, 48);
  EXPECT_FALSE(picture->is_repeat);
  EXPECT_EQ(picture->slate_reason, "");
  handed_over.set();
  picture = next(source);
  EXPECT_EQ(text_of(picture->jpeg), jpeg(2));
  EXPECT_EQ(picture->captured_wall, WallTime(1'700'000'000'600'000us));
  EXPECT_LE(picture->captured_at, clock_.now());
  EXPECT_THROW(next(source), std::system_error) << "the end";
}

TEST_F(RelaySourceTest, WithoutATimestampUsesTheArrivalTime) {
  ScriptedServer server({says(kStream + part(jpeg(1)) + "--B\r\n")});
  const WallTime before = clock_.wall_now();
  RelaySource source = open(server.url());
  const auto picture = next(source);
  EXPECT_GE(picture->captured_wall, before);
  EXPECT_LE(picture->captured_wall, clock_.wall_now());
}

TEST_F(RelaySourceTest, NewestPictureWins) {
  ScriptedServer server({says_and_ends(kStream + part(jpeg(1)) + part(jpeg(2)) + part(jpeg(3)))});
  RelaySource source = open(server.url());
  EXPECT_EQ(numbers(source).back(), 3u);
  std::string many = kStream;
  for (uint64_t i = 1; i <= 100; ++i) many += part(jpeg(i));
  ScriptedServer fast({says_and_ends(many)});
  RelaySource fast_source = open(fast.url());
  EXPECT_EQ(numbers(fast_source).back(), 100u);
}

// An upstream may flood small pictures, and each that is published costs a send for each viewer.
TEST_F(RelaySourceTest, AFloodIsThinnedOutAndItsNewestPictureWins) {
  constexpr uint64_t kPictures = 1000;
  const std::string body = jpeg(1);
  std::string flood = kStream;
  for (uint64_t i = 1; i < kPictures; ++i) flood += part(body);
  ScriptedServer server({says_and_ends(flood + part(jpeg(7)))});
  const Instant before = clock_.now();
  RelaySource source = open(server.url());
  const std::vector<uint64_t> relayed = numbers(source);
  EXPECT_EQ(relayed.back(), 7u);
  EXPECT_LE(relayed.size(), size_t((clock_.now() - before) / RelaySource::kGapMin) + 1);
  EXPECT_EQ(relayed.size() + source.losses().late, kPictures);
}

// Whoever sets a rate gets it, and has lost nothing.
TEST_F(RelaySourceTest, TheRateOfAFloodMayBeSet) {
  std::string flood = kStream;
  for (uint64_t i = 1; i <= 100; ++i) flood += part(jpeg(i));
  ScriptedServer server({says(flood + "--B\r\n")});
  SourceOptions options;
  options.fps = 240;
  RelaySource source = open(server.url(), options);
  EXPECT_LT(source.format().interval, RelaySource::kGapMin);
  while (read_number(text_of(next(source)->jpeg)) != 100u) {
  }
  EXPECT_EQ(source.losses().late, 0u);
}

TEST_F(RelaySourceTest, PictureStaysValidUntilTheNextCall) {
  Signal handed_over, sent;
  ScriptedServer server({[&](Peer& peer) {
    peer.read_head();
    peer.write(kStream + part(jpeg(1)) + "--B\r\n");
    handed_over.wait();
    peer.write(part(jpeg(2)).substr(5) + part(jpeg(3)) + part(jpeg(4)) + "--B\r\n");
    sent.set();
    peer.wait_until_closed();
  }});
  RelaySource source = open(server.url());
  const auto first = next(source);
  handed_over.set();
  sent.wait();
  EXPECT_EQ(text_of(first->jpeg), jpeg(1));
  const auto second = next(source);
  EXPECT_GE(read_number(text_of(second->jpeg)), 2u);
}

TEST_F(RelaySourceTest, PassesOnSlatesAsSlates) {
  ScriptedServer server({says(kStream + part(jpeg(1), "X-Slate: camera lost\r\n") + "--B\r\n")});
  RelaySource source = open(server.url());
  const auto picture = next(source);
  EXPECT_EQ(picture->slate_reason, "camera lost");
  EXPECT_EQ(text_of(picture->jpeg), jpeg(1));
}

TEST_F(RelaySourceTest, TreatsOldPicturesAsASignOfLife) {
  Signal taken[4];
  ScriptedServer server({[&](Peer& peer) {
    peer.read_head();
    peer.write(kStream + numbered_part(7, 500) + "--B\r\n");
    for (int i = 0; i < 4; ++i) {
      taken[i].wait();
      // The same again; an older one with a new number, as in a loop of relays; a newer one.
      const std::string parts[] = {numbered_part(7, 500), numbered_part(8, 400),
                                   numbered_part(9, 501), part(jpeg(9))};
      peer.write(parts[i].substr(5) + "--B\r\n");
    }
    peer.wait_until_closed();
  }});
  RelaySource source = open(server.url());
  const bool expected[] = {false, true, true, false, false};
  for (int i = 0; i < 5; ++i) {
    const auto picture = next(source);
    ASSERT_TRUE(picture);
    EXPECT_EQ(picture->is_repeat, expected[i]) << i;
    EXPECT_FALSE(picture->jpeg.empty()) << "it is shown again after the slate";
    if (i < 4) taken[i].set();
  }
}

TEST_F(RelaySourceTest, SignOfLifeDoesNotReplaceAPicture) {
  ScriptedServer server({says_and_ends(kStream + numbered_part(1, 1) + numbered_part(2, 2) +
                                       numbered_part(2, 2) + "--B--\r\n")});
  RelaySource source = open(server.url());
  std::optional<Picture> picture;
  do picture = next(source);
  while (read_number(text_of(picture->jpeg)) != 2u);
  EXPECT_FALSE(picture->is_repeat);
}

TEST_F(RelaySourceTest, ReportsTheIntervalOfSignsOfLife) {
  ScriptedServer server(
      {says(kStream + numbered_part(1, 1) + "--B\r\n"), says(kStream + part(jpeg(1)) + "--B\r\n")});
  {
    RelaySource ours = open(server.url());
    next(ours);
    EXPECT_EQ(ours.format().interval, 2s) << "it sends a sign of life that often";
  }
  RelaySource other = open(server.url());
  next(other);
  EXPECT_EQ(other.format().interval, Duration::zero());
}

TEST_F(RelaySourceTest, OpeningSkipsBrokenPictures) {
  const std::string cut = jpeg(1).substr(0, 100);
  Signal opened;
  ScriptedServer server({[&](Peer& peer) {
    peer.read_head();
    peer.write(kStream + part(cut) + part("text") + part(jpeg(2)) + "--B\r\n");
    opened.wait();
    peer.write(part(cut).substr(5) + "--B\r\n");
  }});
  RelaySource source = open(server.url());
  EXPECT_EQ(source.format().width, 64);
  EXPECT_EQ(text_of(next(source)->jpeg), jpeg(2));
  opened.set();
  EXPECT_EQ(text_of(next(source)->jpeg), cut) << "later ones are passed on, to be counted";
  EXPECT_EQ(error_of(kStream + part(cut) + "--B\r\n", 3s), ETIMEDOUT);
  EXPECT_NE(words_.find("cut off"), words_.npos) << words_;
}

TEST_F(RelaySourceTest, FpsThinsOutAStream) {
  ScriptedServer server(
      {says(kStream + part(jpeg(1)) + part(jpeg(2)) + part(jpeg(3)) + "--B\r\n")});
  SourceOptions options;
  options.fps = 0.02;
  RelaySource source = open(server.url(), options);
  EXPECT_EQ(source.format().interval, 50s);
  EXPECT_TRUE(next(source));
  EXPECT_FALSE(source.next(clock_.now() + 20ms)) << "not before it is due";
  EXPECT_EQ(source.format().interval, 50s);
}

TEST_F(RelaySourceTest, PollsSnapshots) {
  // An answer that arrives before the previous picture was handed over replaces it.
  std::counting_semaphore<> wanted{1};
  std::vector<std::string> requests;
  ScriptedServer server({[&](Peer& peer) {
    const auto read_request = [&] {
      requests.push_back(peer.read_head());
      wanted.acquire();
    };
    const std::string type = "Content-Type: image/jpeg\r\n";
    read_request();
    peer.write(
        http_answer("200 OK", type + "ETag: \"1\"\r\nX-Timestamp: 1700000000.5\r\n", jpeg(1)));
    read_request();
    peer.write("HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n");
    read_request();
    peer.write(http_answer("200 OK", type, jpeg(3)));
    read_request();
    peer.write(http_answer("503 Service Unavailable", type, jpeg(4)));
  }});
  SourceOptions options;
  options.fps = 200;
  RelaySource source = open(server.url("/snapshot"), options);
  EXPECT_EQ(source.format().interval, 5ms);
  EXPECT_EQ(source.describe().format, "JPEG every 0.005 s 64x48, passed through");
  auto picture = next(source);
  EXPECT_EQ(text_of(picture->jpeg), jpeg(1));
  EXPECT_EQ(picture->captured_wall, WallTime(1'700'000'000'500'000us));
  wanted.release();
  picture = next(source);
  EXPECT_TRUE(picture->is_repeat) << "304";
  EXPECT_EQ(text_of(picture->jpeg), jpeg(1));
  wanted.release();
  picture = next(source);
  EXPECT_EQ(text_of(picture->jpeg), jpeg(3));
  EXPECT_FALSE(picture->is_repeat);
  wanted.release();
  try {
    next(source);
    ADD_FAILURE() << "503";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), EAGAIN);
  }
  EXPECT_NE(requests[1].find("If-None-Match: \"1\""), std::string::npos) << requests[1];
}

}  // namespace
}  // namespace fanlight
