// SPDX-License-Identifier: Apache-2.0
#include "capture/nats/nats_source.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <stdexcept>
#include <system_error>

#include "tests/capture/nats/test_link.h"
#include "tests/capture/relay/test_updates.h"
#include "tests/capture/source/test_camera.h"

namespace fanlight {
namespace {

Bytes bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

class NatsSourceTest : public testing::Test {
 protected:
  NatsSource open(const SourceOptions& options = {}) {
    return {"nats://me:secret@bus/fanlight.yard", options, clock_, nats_.connect()};
  }
  // Opens it with the pictures that are in line.
  NatsSource open_with(uint64_t number) {
    nats_.send(test_message(number));
    return open();
  }
  std::optional<Picture> next(NatsSource& source) { return source.next(clock_.now() + 1s); }
  // The number of the next picture; 0: there is none.
  uint64_t number(NatsSource& source) {
    const auto picture = next(source);
    if (!picture) return 0;
    const std::string text(reinterpret_cast<const char*>(picture->jpeg.data()),
                           picture->jpeg.size());
    return read_number(text).value_or(~uint64_t{0});
  }
  static int error_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const std::system_error& error) {
      EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos) << error.what();
      return error.code().value();
    }
    return 0;
  }

  FakeClock clock_;
  TestNats nats_;
};

TEST_F(NatsSourceTest, ShowsPicturesByteForByteWithTheirTimes) {
  NatsSource source = open_with(1);
  EXPECT_EQ(source.format().width, 64);
  EXPECT_EQ(source.format().height, 48);
  EXPECT_EQ(source.format().jpeg_bytes_max, test_jpeg(1).size());
  ASSERT_EQ(nats_.orders.size(), 2u);
  EXPECT_EQ(nats_.orders[0].subject, "fanlight.yard");
  const auto picture = next(source);
  ASSERT_TRUE(picture);
  EXPECT_TRUE(std::ranges::equal(picture->jpeg, test_jpeg(1)));
  EXPECT_EQ(picture->captured_wall, test_header(1, 1).captured);
  EXPECT_EQ(picture->number, 1u);
  EXPECT_EQ(picture->slate_reason, "");
  EXPECT_TRUE(picture->is_verbatim);
  EXPECT_FALSE(picture->is_repeat);
  EXPECT_FALSE(next(source));
}

TEST_F(NatsSourceTest, PassesSlatesOn) {
  NatsSource source = open_with(1);
  next(source);
  FrameHeader header = test_header(2, test_jpeg(2).size());
  header.slate = "camera lost: unplugged";
  nats_.send(test_message(header, test_jpeg(2)));
  EXPECT_EQ(next(source)->slate_reason, "camera lost: unplugged");
}

TEST_F(NatsSourceTest, NewestWinsAndTheOthersAreLate) {
  NatsSource source = open_with(1);
  for (uint64_t i = 2; i <= 5; ++i) nats_.send(test_message(i));
  EXPECT_EQ(number(source), 5u);
  EXPECT_EQ(source.losses().late, 4u);
  EXPECT_EQ(source.losses().damaged, 0u);
}

TEST_F(NatsSourceTest, ThinsPicturesOutToTheRequestedRate) {
  nats_.send(test_message(1));
  SourceOptions options;
  options.fps = 10;
  NatsSource source = open(options);
  EXPECT_EQ(number(source), 1u);
  nats_.send(test_message(2));
  const Instant before = clock_.now();
  clock_.at(clock_.now() - FakeClock::kStart + 50ms, [&] { nats_.send(test_message(3)); });
  EXPECT_EQ(number(source), 3u);
  EXPECT_EQ(clock_.now(), before + 100ms);
  EXPECT_EQ(source.losses().late, 0u) << "nobody asked for more";
}

TEST_F(NatsSourceTest, ARepeatedFrameIsASignOfLife) {
  NatsSource source = open_with(1);
  next(source);
  FrameHeader header = test_header(2, test_jpeg(1).size());
  header.sequence = 1;
  nats_.send(test_message(header, test_jpeg(1)));
  const auto picture = next(source);
  ASSERT_TRUE(picture);
  EXPECT_TRUE(picture->is_repeat);
  EXPECT_EQ(source.losses(), SourceLosses{});
}

TEST_F(NatsSourceTest, JoinsUpdates) {
  TestUpdates updates;
  const auto send = [&](uint64_t number, uint64_t base) {
    const std::string text = base == 0 ? "" : message_text(number, update_key(base, "[0,20]", 20));
    const Bytes payload = base == 0 ? updates.one.jpeg : bytes_of(text + updates.atlas({{0, 20}}));
    FrameHeader header = test_header(number, payload.size());
    header.captured = clock_.wall_now();
    header.update = text.size();
    nats_.send(test_message(header, payload));
  };
  send(1, 0);
  NatsSource source = open();
  EXPECT_FALSE(next(source)->is_joined);
  send(2, 1);
  const auto joined = next(source);
  ASSERT_TRUE(joined);
  EXPECT_TRUE(std::ranges::equal(joined->jpeg, updates.two.jpeg));
  EXPECT_EQ(joined->number, 2u);
  EXPECT_TRUE(joined->is_joined);
  EXPECT_TRUE(joined->is_verbatim);
  for (uint64_t i = 3; i <= 40; ++i) {
    clock_.advance(50ms);
    send(i, i - 1);
    ASSERT_TRUE(next(source));
  }
  EXPECT_EQ(source.format().interval, 2s) << "what does not change is not sent";
  send(42, 41);
  EXPECT_FALSE(next(source)) << "a message was missed";
  EXPECT_EQ(source.losses().lost, 1u);
  EXPECT_EQ(source.losses().late, 1u) << "what was received cannot be shown";
  send(43, 42);
  send(44, 0);
  EXPECT_EQ(next(source)->number, 44u) << "a whole one";
  EXPECT_EQ(source.losses().late, 2u);
  EXPECT_EQ(source.losses().damaged, 0u);
}

// It is as old as the picture, which may have stood still since then. The update was received and
// could not be joined, or was lost, too.
class MissedUpdateTest : public NatsSourceTest, public testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(OutOfStepOrLost, MissedUpdateTest, testing::Bool());

TEST_P(MissedUpdateTest, IsFollowedByTheWholeFrameHoweverOld) {
  TestUpdates updates;
  FrameHeader whole = test_header(1, updates.one.jpeg.size());
  nats_.send(test_message(whole, updates.one.jpeg));
  NatsSource source = open();
  for (uint64_t i = 2; i <= 5; ++i) {
    EXPECT_TRUE(next(source));
    clock_.advance(100ms);
    whole.number = whole.sequence = i;
    whole.captured = clock_.wall_now();
    nats_.send(test_message(whole, updates.one.jpeg));
  }
  EXPECT_TRUE(next(source));
  const auto send_update = [&](uint64_t number, uint64_t base) {
    const Bytes text = bytes_of(message_text(number, update_key(base, "", 0)));
    FrameHeader header = test_header(number, text.size());
    header.update = text.size();
    header.captured = clock_.wall_now();
    nats_.send(test_message(header, text));
  };
  send_update(6, 5);
  EXPECT_TRUE(next(source));
  whole.captured = clock_.wall_now();
  if (GetParam()) send_update(8, 7);
  EXPECT_FALSE(next(source));
  clock_.advance(5s);
  whole.number = 9;
  whole.sequence = 8;
  nats_.send(test_message(whole, updates.one.jpeg));
  const auto picture = next(source);
  ASSERT_TRUE(picture);
  EXPECT_EQ(picture->number, 8u);
  EXPECT_FALSE(picture->is_repeat);
}

// Where there are no updates, whoever asks for one frame after the other misses those between.
TEST_F(NatsSourceTest, AWholeFrameAfterAGapIsLateLikeAnyOther) {
  FrameHeader header = test_header(1, test_jpeg(1).size());
  const auto send = [&](uint64_t number, Duration age) {
    header.number = header.sequence = number;
    header.captured = clock_.wall_now() - std::chrono::duration_cast<WallTime::duration>(age);
    nats_.send(test_message(header, test_jpeg(1)));
  };
  send(1, 0s);
  NatsSource source = open();
  for (uint64_t i = 2; i <= 5; ++i) {
    EXPECT_TRUE(next(source));
    clock_.advance(100ms);
    send(i, 0s);
  }
  EXPECT_TRUE(next(source));
  send(7, 1s);
  EXPECT_FALSE(next(source));
}

TEST_F(NatsSourceTest, BeginsWithAWholeFrame) {
  const Bytes text = bytes_of(message_text(7, update_key(5, "", 0)));
  FrameHeader header = test_header(7, text.size());
  header.update = text.size();
  nats_.send(test_message(header, text));
  nats_.send(test_message(8));
  NatsSource source = open();
  EXPECT_EQ(number(source), 8u);
  EXPECT_EQ(source.losses().late + source.losses().lost + source.losses().damaged, 0u);
}

TEST_F(NatsSourceTest, PutsPartsTogether) {
  NatsSource source = open_with(1);
  next(source);
  const Bytes jpeg = test_jpeg(2);
  FrameHeader header = test_header(2, jpeg.size());
  header.parts = 2;
  nats_.send(test_message(header, Bytes(jpeg.begin(), jpeg.begin() + 100)));
  EXPECT_FALSE(next(source));
  header.part = 2;
  nats_.send(test_message(header, Bytes(jpeg.begin() + 100, jpeg.end())));
  EXPECT_EQ(number(source), 2u);
}

// Messages that are not ours, that lie about their size, or are no JPEGs; and one that is repeated.
TEST_F(NatsSourceTest, ForeignAndForgedMessagesAreCountedAndNeverShown) {
  NatsSource source = open_with(1);
  next(source);
  nats_.send({{}, test_jpeg(2)});
  nats_.send(test_message(test_header(2, 10), test_jpeg(2)));
  nats_.send(test_message(test_header(3, 4), Bytes(4)));
  Bytes cut = test_jpeg(4);
  cut.resize(cut.size() - 20);
  nats_.send(test_message(test_header(4, cut.size()), cut));
  nats_.send(test_message(1));
  EXPECT_FALSE(next(source));
  EXPECT_EQ(source.losses().damaged, 5u);
  nats_.send(test_message(5));
  EXPECT_EQ(number(source), 5u) << "it goes on";
}

TEST_F(NatsSourceTest, OlderFramesAreNeverShown) {
  NatsSource source = open_with(5);
  next(source);
  FrameHeader header = test_header(6, test_jpeg(4).size());
  header.sequence = 4;
  nats_.send(test_message(header, test_jpeg(4)));
  EXPECT_FALSE(next(source));
  EXPECT_EQ(source.losses().damaged, 1u);
}

TEST_F(NatsSourceTest, GapsAreLossesOnceFramesAreStreamed) {
  NatsSource source = open_with(1);
  next(source);
  nats_.send(test_message(4));
  next(source);
  EXPECT_EQ(source.losses().late, 2u) << "nobody asked for them";
  nats_.send(test_message(5));
  next(source);
  nats_.send(test_message(8));
  next(source);
  EXPECT_EQ(source.losses().lost, 2u);
}

TEST_F(NatsSourceTest, OfTwoPublishersOneIsShown) {
  NatsSource source = open_with(1);
  next(source);
  FrameHeader header = test_header(100, test_jpeg(100).size());
  header.publisher = "1-b";
  nats_.send(test_message(header, test_jpeg(100)));
  EXPECT_FALSE(next(source));
  EXPECT_EQ(source.losses().damaged, 1u);
  header.publisher = "3-c";
  header.sequence = 1;
  nats_.send(test_message(header, test_jpeg(100)));
  EXPECT_EQ(number(source), 100u) << "it started last";
}

TEST_F(NatsSourceTest, WhenTheChosenPublisherFallsSilentTheOtherOneIsASlateLater) {
  NatsSource source = open_with(1);
  next(source);
  FrameHeader header = test_header(100, test_jpeg(100).size());
  header.publisher = "1-b";
  nats_.send(test_message(header, test_jpeg(100)));
  EXPECT_FALSE(next(source));
  clock_.advance(PublisherChoice::kPatience);
  ++header.number;
  nats_.send(test_message(header, test_jpeg(100)));
  EXPECT_EQ(error_of([&] { next(source); }), EADDRINUSE);
}

TEST_F(NatsSourceTest, ALoopOfRelaysIsDetected) {
  NatsSource source = open_with(1);
  next(source);
  const std::string via = source.describe().via;
  EXPECT_TRUE(via.starts_with("1.1 fanlight-")) << via;
  FrameHeader header = test_header(2, test_jpeg(2).size());
  header.via = via;
  nats_.send(test_message(header, test_jpeg(2)));
  EXPECT_EQ(error_of([&] { next(source); }), ELOOP);
}

TEST_F(NatsSourceTest, TheEndOfTheConnectionIsAnError) {
  NatsSource source = open_with(1);
  next(source);
  nats_.fail(ECONNRESET);
  EXPECT_EQ(error_of([&] { next(source); }), ECONNRESET);
}

TEST_F(NatsSourceTest, WaitsForTheFirstPictureAsLongAsIsPermitted) {
  SourceOptions options;
  options.timeout = 30s;
  options.patience = 2s;
  EXPECT_EQ(error_of([&] { open(options); }), ETIMEDOUT);
  EXPECT_EQ(clock_.elapsed(), 2);
  nats_.connect_error = ECONNREFUSED;
  EXPECT_EQ(error_of([&] { open(options); }), ECONNREFUSED);
  nats_.connect_error.reset();
  clock_.request_stop();
  EXPECT_EQ(error_of([&] { open(options); }), ECANCELED);
}

TEST_F(NatsSourceTest, RefusesOptionsThatNatsDoesNotHave) {
  SourceOptions headers, pin, segments;
  headers.upstream.headers = {"A: b"};
  pin.upstream.pin = "sha256//";
  segments.upstream.segments = true;
  for (const SourceOptions& options : {headers, pin, segments}) {
    EXPECT_THROW(open(options), std::invalid_argument);
  }
}

TEST_F(NatsSourceTest, IsDescribedWithoutSecretsAndSubject) {
  NatsSource source = open_with(1);
  EXPECT_EQ(source.describe().device.find("secret"), std::string::npos);
  EXPECT_EQ(source.describe().device.find("yard"), std::string::npos);
  EXPECT_EQ(source.describe().format, "NATS 64x48, passed through");
  EXPECT_FALSE(source.may_be_silent());
}

}  // namespace
}  // namespace fanlight
