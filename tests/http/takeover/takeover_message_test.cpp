// SPDX-License-Identifier: Apache-2.0
#include "http/takeover/takeover_message.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace fanlight {
namespace {

const Instant kNow = Instant(1000s);
const std::vector<CameraState> kCameras = {{"front", 500, 400}, {"back-2", 7, 7}};

PassedStream usual() {
  PassedStream stream;
  StreamState& state = stream.state;
  state.camera = 1;
  state.by_local_listener = true;
  state.dual_final_frames = true;
  state.interval = 100ms;
  state.frames = 90;
  state.progress = {.last_sequence = 5,
                    .seen_sequence = 6,
                    .frames_sent = 4,
                    .frames_skipped = 1,
                    .pictures_before = 6,
                    .step = 4,
                    .pace_known = true,
                    .due_at = kNow + 50ms,
                    .any_frame_from = kNow - 2s,
                    .repeat_at = kNow + 1s,
                    .joined_at = kNow - 500s};
  state.ustreamer = {.is_used = true, .extra_headers = true, .key_size = 3, .key = {'a', '.', '9'}};
  state.client = *parse_address("192.0.2.7");
  state.ends = 2000;
  state.bytes_per_second = 100'000;
  state.bytes_sent = 77;
  return stream;
}

std::optional<std::vector<StreamState>> decode(const PassedStream& stream) {
  return decode_streams(encode(std::span(&stream, 1)), kCameras, kNow);
}

// Whether a stream with this change is refused.
bool is_refused(const std::function<void(StreamState&)>& change) {
  PassedStream stream = usual();
  change(stream.state);
  return !decode(stream).has_value();
}

// No beginning of a message is one, nor a message with something behind it.
template <class Decode>
void expect_whole_only(const std::string& message, const Decode& decode_it) {
  EXPECT_TRUE(decode_it(message));
  EXPECT_FALSE(decode_it(message + '\0'));
  for (size_t size = 0; size < message.size(); ++size) {
    EXPECT_FALSE(decode_it(message.substr(0, size))) << size;
  }
}

TEST(TakeoverMessage, KindsAreKnown) {
  EXPECT_EQ(kind_of(encode(TakeoverKind::hello)), TakeoverKind::hello);
  EXPECT_EQ(kind_of(encode(TakeoverKind::end)), TakeoverKind::end);
  EXPECT_EQ(kind_of(""), std::nullopt);
  EXPECT_EQ(kind_of(std::string(1, '\0')), std::nullopt);
  EXPECT_EQ(kind_of(std::string(1, char(uint8_t(TakeoverKind::end) + 1))), std::nullopt);
}

TEST(TakeoverMessage, HelloAndWelcome) {
  const std::string hello = encode_hello(3);
  EXPECT_EQ(decode_hello(hello), 3);
  expect_whole_only(hello, [](const auto& text) { return decode_hello(text).has_value(); });
  std::string other = hello;
  other[3] ^= 1;
  EXPECT_EQ(decode_hello(other), std::nullopt);

  const std::string message = encode(Welcome{9, 1, 2, "1.2.3"});
  const auto welcome = decode_welcome(message);
  ASSERT_TRUE(welcome);
  EXPECT_EQ(welcome->format, 9);
  EXPECT_EQ(welcome->device, 1u);
  EXPECT_EQ(welcome->inode, 2u);
  EXPECT_EQ(welcome->version, "1.2.3");
  expect_whole_only(message, [](const auto& text) { return decode_welcome(text).has_value(); });
  EXPECT_FALSE(decode_welcome(encode(Welcome{9, 1, 2, std::string(65, 'v')})));
}

// They are part of what never changes: a later format must be able to decline.
TEST(TakeoverMessage, HelloAndWelcomeStayAsTheyAre) {
  EXPECT_EQ(encode_hello(0x0102), std::string("\x01"
                                              "Fanlight\x02\x01",
                                              11));
  EXPECT_EQ(encode(Welcome{1, 2, 3, "v"}),
            std::string("\x02"
                        "Fanlight\x01\0\x02\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\x01\0v",
                        30));
}

TEST(TakeoverMessage, Listeners) {
  using Role = PassedListener::Role;
  for (const Role role : {Role::viewers, Role::admin, Role::takeover}) {
    const PassedListener listener{role, true, true, "[::1]:5000"};
    EXPECT_EQ(decode_listener(encode(listener)), listener);
  }
  const std::string message = encode(PassedListener{Role::admin, false, false, "unix:/run/x"});
  expect_whole_only(message, [](const auto& text) { return decode_listener(text).has_value(); });
  std::string other = message;
  other[1] = 3;
  EXPECT_FALSE(decode_listener(other)) << "a role that there is not";
  EXPECT_FALSE(
      decode_listener(encode(PassedListener{Role::admin, false, false, std::string(257, 'x')})));
}

TEST(TakeoverMessage, Offers) {
  EXPECT_EQ(decode_offer(encode(Offer{15s}))->keep_alive_period, 15s);
  EXPECT_EQ(decode_offer(encode(Offer{}))->keep_alive_period, std::nullopt);
  EXPECT_FALSE(decode_offer(encode(Offer{std::chrono::hours(24 * 367)})));
  EXPECT_FALSE(decode_offer(encode(TakeoverKind::take)));
}

TEST(TakeoverMessage, Counts) {
  const std::string message = encode(TakeoverKind::complete, 1000);
  EXPECT_EQ(kind_of(message), TakeoverKind::complete);
  EXPECT_EQ(decode_count(message), 1000u);
  expect_whole_only(message, [](const auto& text) { return decode_count(text).has_value(); });
}

TEST(TakeoverMessage, Cameras) {
  const std::vector<std::string> names = {"front", "back-2"};
  EXPECT_EQ(decode_ready(encode_ready(names)), names);
  EXPECT_EQ(decode_cameras(encode(kCameras)), kCameras);
  expect_whole_only(encode(kCameras),
                    [](const auto& text) { return decode_cameras(text).has_value(); });
  for (const std::string& name :
       {std::string(), std::string("Front"), std::string("a/b"), std::string(33, 'a')}) {
    EXPECT_FALSE(decode_ready(encode_ready({&name, 1}))) << name;
    const CameraState camera{name, 1, 1};
    EXPECT_FALSE(decode_cameras(encode(std::span(&camera, 1)))) << name;
  }
  const CameraState ahead{"front", 7, 8};
  EXPECT_FALSE(decode_cameras(encode(std::span(&ahead, 1)))) << "more pictures than numbers";
  const CameraState huge{"front", ~uint64_t{0}, 8};
  EXPECT_FALSE(decode_cameras(encode(std::span(&huge, 1))));
}

TEST(TakeoverMessage, StreamsAreTheSameOnTheOtherSide) {
  PassedStream plain;
  plain.state.progress.step = 1;
  const std::vector<PassedStream> streams = {usual(), plain, usual()};
  const auto decoded = decode_streams(encode(streams), kCameras, kNow);
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->size(), 3u);
  for (size_t i = 0; i < streams.size(); ++i) EXPECT_EQ((*decoded)[i], streams[i].state) << i;
  expect_whole_only(encode(streams), [](const auto& text) {
    return decode_streams(text, kCameras, kNow).has_value();
  });
}

// A message with the most streams must fit: no value takes more bytes than another.
TEST(TakeoverMessage, HasRoomForTheMostStreams) {
  PassedStream longest = usual();
  longest.state.ustreamer.key_size = UstreamerOptions::kKeyMax;
  longest.state.ustreamer.key.fill('k');
  const std::vector<PassedStream> streams(PassingOrder::kStreamsMax, longest);
  EXPECT_LE(encode(streams).size(), kTakeoverBytesMax);
  EXPECT_EQ(decode_streams(encode(streams), kCameras, kNow)->size(), PassingOrder::kStreamsMax);
}

TEST(TakeoverMessage, StreamsOutsideOfTheirRangesAreRefused) {
  EXPECT_FALSE(is_refused([](StreamState&) {}));
  EXPECT_TRUE(is_refused([](StreamState& state) { state.camera = 2; }));
  EXPECT_TRUE(is_refused([](StreamState& state) { state.progress.seen_sequence = 8; }))
      << "ahead of its camera";
  EXPECT_TRUE(is_refused([](StreamState& state) { state.progress.last_sequence = 7; }))
      << "later than what it shows";
  EXPECT_TRUE(is_refused([](StreamState& state) { state.progress.pictures_before = 8; }));
  EXPECT_TRUE(is_refused([](StreamState& state) { state.progress.step = 0; }));
  EXPECT_TRUE(is_refused([](StreamState& state) { state.progress.step = 3; }));
  EXPECT_TRUE(is_refused([](StreamState& state) { state.progress.frames_sent = 90; }))
      << "it has had all of its frames";
  EXPECT_TRUE(is_refused([](StreamState& state) { state.progress.frames_skipped = ~0ull; }));
  EXPECT_TRUE(is_refused([](StreamState& state) { state.interval = -1s; }));
  EXPECT_TRUE(is_refused([](StreamState& state) { state.interval = std::chrono::hours(9000); }));
  EXPECT_TRUE(is_refused([](StreamState& state) { state.bytes_per_second = ~0ull; }));
  EXPECT_TRUE(is_refused([](StreamState& state) { state.bytes_sent = ~0ull; }));
  EXPECT_TRUE(is_refused([](StreamState& state) { state.advance_headers = true; }))
      << "there is no room for ustreamer's fields";
  EXPECT_TRUE(is_refused([](StreamState& state) { state.ustreamer.key[1] = '\n'; }));
  for (const auto member : {&ViewerProgress::due_at, &ViewerProgress::any_frame_from,
                            &ViewerProgress::repeat_at, &ViewerProgress::joined_at}) {
    EXPECT_TRUE(is_refused([&](StreamState& state) { state.progress.*member = kNever; }));
    EXPECT_TRUE(is_refused([&](StreamState& state) { state.progress.*member = Instant(-1s); }));
  }
}

}  // namespace
}  // namespace fanlight
