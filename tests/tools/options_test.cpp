// SPDX-License-Identifier: Apache-2.0
#include "tools/options.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "tests/tools/command_line.h"

namespace fanlight {
namespace {

std::optional<Options> parse(std::vector<const char*> arguments) {
  return parse_as("fanlight", parse_options, arguments);
}

std::string mistake(const std::vector<const char*>& arguments) {
  return mistake_of([&] { parse(arguments); });
}

TEST(Options, Defaults) {
  const Options options = parse({}).value();
  ASSERT_EQ(options.listen.size(), 1u);
  EXPECT_EQ(options.listen[0].host, "127.0.0.1");
  EXPECT_EQ(options.listen[0].port, 5000);
  ASSERT_EQ(options.cameras.size(), 1u);
  EXPECT_EQ(options.cameras[0].source, "emulator");
  EXPECT_FALSE(options.source_was_given);
  EXPECT_EQ(options.viewer_stall_timeout, 10s);
  EXPECT_EQ(options.header_timeout, 10s);
  EXPECT_EQ(options.idle_timeout, 75s);
  EXPECT_EQ(options.camera_stall_timeout, 2s);
  EXPECT_EQ(options.capture_idle, std::nullopt);
}

// As a shell splits it.
std::optional<Options> parse_words(const std::string& line) {
  std::istringstream stream(line);
  const std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
  std::vector<const char*> arguments;
  for (const std::string& word : words) arguments.push_back(word.c_str());
  return parse(arguments);
}

TEST(Options, TakesEveryFlag) {
  const Options options =
      parse_words(
          "--listen 127.0.0.1:0 --listen unix:/tmp/x --source pattern --fps 2.5 --size 320x240 "
          "--quality 40 --shards 3 --max-viewers 7 --max-viewers-per-address 5 "
          "--max-egress 1Gbit --min-fps 0.25 --viewer-stall-timeout 1s "
          "--camera-stall-timeout 3s --header-timeout 2s --idle-timeout 4s --capture-idle 5m "
          "--cors-origin * --log-level debug --backend epoll --zero-copy off --frame-memory 8M "
          "--ring-slots 4 --send-buffer 64K --pin-cpus --rotate 90 --mirror on "
          "--control brightness=7 --allow-control --encode-threads 2 --encoder cpu --list-devices "
          "--camera back=files:/p,size=64x48,fps=3,quality=9")
          .value();
  EXPECT_EQ(options.listen[1].family, ListenAddress::Family::unix_path);
  ASSERT_EQ(options.cameras.size(), 2u);
  EXPECT_EQ(options.cameras[0].source, "pattern");
  EXPECT_EQ(options.cameras[0].width, 320);
  EXPECT_DOUBLE_EQ(options.cameras[0].fps, 2.5);
  EXPECT_EQ(options.cameras[1].name, "back");
  EXPECT_EQ(options.cameras[1].source, "files:/p");
  EXPECT_EQ(options.cameras[1].height, 48);
  EXPECT_EQ(options.cameras[1].quality, 9);
  EXPECT_EQ(options.shards, 3u);
  EXPECT_EQ(options.max_viewers, 7u);
  EXPECT_EQ(options.max_viewers_per_address, 5u);
  EXPECT_EQ(options.max_egress, 1'000'000'000u);
  EXPECT_DOUBLE_EQ(options.min_fps, 0.25);
  EXPECT_EQ(options.viewer_stall_timeout, 1s);
  EXPECT_EQ(options.camera_stall_timeout, 3s);
  EXPECT_EQ(options.header_timeout, 2s);
  EXPECT_EQ(options.idle_timeout, 4s);
  EXPECT_EQ(options.capture_idle, 5min);
  EXPECT_EQ(options.cors_origin, "*");
  EXPECT_EQ(options.log_level, LogLevel::debug);
  EXPECT_EQ(options.backend, BackendKind::epoll);
  EXPECT_EQ(options.zero_copy, ZeroCopyMode::off);
  EXPECT_EQ(options.frame_memory, 8u << 20);
  EXPECT_EQ(options.ring_slots, 4u);
  EXPECT_EQ(options.send_buffer, 64u << 10);
  EXPECT_TRUE(options.pin_cpus);
  EXPECT_EQ(options.cameras[0].orientation, (Orientation{90, true}));
  ASSERT_EQ(options.cameras[0].controls.size(), 1u);
  EXPECT_EQ(options.cameras[0].controls[0].value, "7");
  EXPECT_TRUE(options.allow_control);
  EXPECT_EQ(options.encode_threads, 2u);
  EXPECT_EQ(options.encoder, EncoderChoice::cpu);
  EXPECT_TRUE(options.list_devices);
}

TEST(Options, MistakesNameTheFlag) {
  const std::vector<std::vector<const char*>> cases = {
      {"--size", "0x0"},
      {"--fps", "0"},
      {"--quality", "101"},
      {"--shards", "0"},
      {"--max-viewers", "0"},
      {"--max-viewers-per-address", "0"},
      {"--max-egress", "fast"},
      {"--min-fps", "0"},
      {"--viewer-stall-timeout", "x"},
      {"--capture-idle", "0"},
      {"--cors-origin", "a b"},
      {"--log-level", "loud"},
      {"--backend", "kqueue"},
      {"--zero-copy", "maybe"},
      {"--frame-memory", "1"},
      {"--ring-slots", "5"},
      {"--rotate", "45"},
      {"--mirror", "yes"},
      {"--control", "brightness"},
      {"--encode-threads", "17"},
      {"--encoder", "gpu"},
      {"--send-buffer", "2G"},
      {"--listen", "nowhere"},
      {"--camera", "Front=pattern"},
      {"--camera", "front"},
      {"--camera", "zoom=2,zoom=2"},
      {"--source", ""},
  };
  for (const auto& arguments : cases) {
    const std::string line = mistake(arguments);
    EXPECT_TRUE(line.starts_with(arguments[0])) << arguments[0] << ": " << line;
    EXPECT_NE(line.find("'" + std::string(arguments[1]).substr(0, 5)), std::string::npos) << line;
  }
}

TEST(Options, EgressIsAutomaticUnlessSaidOtherwise) {
  EXPECT_FALSE(parse({}).value().max_egress.has_value());
  EXPECT_FALSE(parse({"--max-egress", "auto"}).value().max_egress.has_value());
  EXPECT_EQ(parse({"--max-egress", "off"}).value().max_egress, 0u);
}

TEST(Options, UnknownFlagsAndDoubleNamesAreRefused) {
  EXPECT_NE(mistake({"--colour"}).find("--colour"), std::string::npos);
  EXPECT_NE(mistake({"pattern"}).find("pattern"), std::string::npos);
  EXPECT_NE(mistake({"--camera", "a=pattern", "--camera", "a=emulator"}).find("'a'"),
            std::string::npos);
  EXPECT_NE(mistake({"--camera", "a=pattern", "--fps", "3"}).find("--fps"), std::string::npos);
}

TEST(Options, ACameraIsASourceToo) {
  const Options options = parse({"--camera", "a=emulator"}).value();
  EXPECT_TRUE(options.source_was_given);
  ASSERT_EQ(options.cameras.size(), 1u);
  EXPECT_EQ(options.cameras[0].name, "a");
}

TEST(Options, ComeFromTheEnvironmentToo) {
  ASSERT_EQ(::setenv("FANLIGHT_MAX_VIEWERS", "12", 1), 0);
  EXPECT_EQ(parse({}).value().max_viewers, 12u);
  EXPECT_EQ(parse({"--max-viewers", "13"}).value().max_viewers, 13u);
  ::unsetenv("FANLIGHT_MAX_VIEWERS");
}

}  // namespace
}  // namespace fanlight
