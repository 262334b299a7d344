// SPDX-License-Identifier: Apache-2.0
#include "tools/options/ustreamer_flags.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/tools/options/command_line.h"
#include "tools/options/command_line.h"
#include "tools/options/option_table.h"
#include "tools/options/read_options.h"

namespace fanlight {
namespace {

Options read(const char* program, const std::string& line,
             std::vector<std::string>* notes = nullptr) {
  const auto flags = parse_words_as(program, read_command_line, line).value();
  if (notes != nullptr) *notes = flags.notes;
  return read_options(flags);
}

std::string mistake(const std::string& line) {
  return mistake_of([&] { read("fanlight", line); });
}

// libs/ustreamer.sh of crowsnest v4, with a camera that delivers MJPEG.
TEST(UstreamerFlags, AcceptsTheFlagsOfCrowsnestV4) {
  std::vector<std::string> notes;
  const Options options = read("ustreamer",
                               "--host 127.0.0.1 -p 8080 -d /dev/video0 --device-timeout=2 "
                               "-m MJPEG --encoder=HW -r 640x480 -f 15 --allow-origin=* "
                               "--static /home/pi/crowsnest/ustreamer-www",
                               &notes);
  ASSERT_EQ(options.listen.size(), 1u);
  EXPECT_EQ(options.listen[0].host, "127.0.0.1");
  EXPECT_EQ(options.listen[0].port, 8080);
  ASSERT_EQ(options.cameras.size(), 1u);
  EXPECT_EQ(options.cameras[0].source, "v4l2:/dev/video0");
  EXPECT_EQ(options.cameras[0].width, 640);
  EXPECT_DOUBLE_EQ(options.cameras[0].fps, 15);
  EXPECT_EQ(options.camera_stall_timeout, 2s);
  EXPECT_EQ(options.cors_origins, std::vector<std::string>{"*"});
  EXPECT_EQ(options.encoder, EncoderChoice::automatic);
  EXPECT_TRUE(options.source_was_given);
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_TRUE(notes[0].starts_with("--format ")) << notes[0];
  EXPECT_TRUE(notes[1].starts_with("--static ")) << notes[1];
}

// By default it waits for a missing camera, as we do.
TEST(UstreamerFlags, ExitsOnDeviceError) {
  EXPECT_FALSE(read("fanlight", "--device /dev/video0").exit_on_no_source);
  std::vector<std::string> notes;
  const Options options = read("ustreamer", "--exit-on-device-error", &notes);
  EXPECT_TRUE(options.exit_on_no_source);
  ASSERT_EQ(notes.size(), 1u) << "differences are logged";
  EXPECT_NE(notes[0].find("at start"), std::string::npos) << notes[0];
}

// The same script with the Raspberry Pi's old camera, for which it gives no device.
TEST(UstreamerFlags, AcceptsTheOldCameraOfCrowsnestV4) {
  const Options options = read("fanlight",
                               "--host 0.0.0.0 -p 8081 -m MJPEG --device-timeout=5 --buffers=3 "
                               "-r 1280x720 -f 30 --allow-origin=* --static /x");
  EXPECT_EQ(options.cameras[0].source, "v4l2:/dev/video0");
  EXPECT_EQ(options.listen[0].host, "0.0.0.0");
  EXPECT_EQ(options.camera_stall_timeout, 5s);
}

// crowsnest/components/streamer/ustreamer.py of crowsnest v5, followed by custom flags.
TEST(UstreamerFlags, AcceptsTheFlagsOfCrowsnestV5) {
  const Options options = read("fanlight",
                               "--host 127.0.0.1 --port 8082 --resolution 1920x1080 "
                               "--desired-fps 30 --allow-origin * --static resources/ustreamer-www "
                               "--device /dev/v4l/by-id/usb-0c45-video-index0 --device-timeout 2 "
                               "--format MJPEG --encoder HW --quality 60 --desired-fps 20");
  EXPECT_EQ(options.listen[0].port, 8082);
  EXPECT_EQ(options.cameras[0].source, "v4l2:/dev/v4l/by-id/usb-0c45-video-index0");
  EXPECT_EQ(options.cameras[0].height, 1080);
  EXPECT_DOUBLE_EQ(options.cameras[0].fps, 20) << "the last one takes effect, as with getopt";
  EXPECT_EQ(options.cameras[0].quality, 60);
}

TEST(UstreamerFlags, UstreamersNameImpliesItsDefaults) {
  const Options options = read("/usr/local/bin/ustreamer.bin", "");
  EXPECT_EQ(options.listen[0].port, 8080);
  EXPECT_EQ(options.cameras[0].source, "v4l2:/dev/video0");
  EXPECT_EQ(read("ustreamer", "--listen 127.0.0.1:7").listen.size(), 1u);
  EXPECT_EQ(read("fanlight", "-s ::1").listen[0].host, "::1");
  EXPECT_EQ(read("fanlight", "-s ::1").listen[0].port, 5000);
  EXPECT_EQ(read("fanlight", "--port 80").cameras[0].source, "emulator");
}

TEST(UstreamerFlags, ImplyNoCameraIfOneIsNamed) {
  EXPECT_EQ(read("ustreamer", "--source pattern -r 320x240").cameras[0].source, "pattern");
  EXPECT_EQ(read("fanlight", "--camera a=pattern --buffers 3").cameras[0].name, "a");
}

TEST(UstreamerFlags, TranslatesValues) {
  EXPECT_EQ(read("fanlight", "-c CPU").encoder, EncoderChoice::cpu);
  EXPECT_EQ(read("fanlight", "-c M2M-IMAGE").encoder, EncoderChoice::automatic);
  EXPECT_EQ(read("fanlight", "--log-level 3").log_level, LogLevel::debug);
  EXPECT_EQ(read("fanlight", "--debug").log_level, LogLevel::debug);
  EXPECT_EQ(read("fanlight", "--server-timeout 20").viewer_stall_timeout, 20s);
  EXPECT_EQ(read("fanlight", "-d /dev/video1 -f 0").cameras[0].fps, 0);
  const Options socket = read("fanlight", "-U /run/u.sock -D -M 660 --port 80 -q70");
  EXPECT_EQ(socket.listen[0].host, "/run/u.sock");
  EXPECT_EQ(socket.listen.size(), 1u);
  EXPECT_EQ(socket.unix_mode, 0660u);
  EXPECT_EQ(socket.cameras[0].quality, 70);
}

TEST(UstreamerFlags, FlipsBecomeRotationAndMirror) {
  const auto turned = [](const std::string& line) {
    return read("fanlight", "-d /dev/video0 " + line).cameras[0].orientation;
  };
  EXPECT_EQ(turned("--flip-vertical 1"), (Orientation{180, true}));
  EXPECT_EQ(turned("--flip-horizontal 1"), (Orientation{0, true}));
  EXPECT_EQ(turned("--flip-horizontal 1 --flip-vertical 1"), (Orientation{180, false}));
  EXPECT_EQ(turned("--flip-horizontal 0 --rotate default"), (Orientation{0, false}));
}

TEST(UstreamerFlags, ImageFlagsBecomeControls) {
  const auto controls =
      read("fanlight", "--brightness 5 --white-balance 4000 --gain auto --hue default")
          .cameras[0]
          .controls;
  std::string all;
  for (const ControlSetting& each : controls) all += each.name + "=" + each.value + " ";
  EXPECT_EQ(all,
            "brightness=5 hue=default white_balance_automatic=false "
            "white_balance_temperature=4000 gain_automatic=true ");
}

TEST(UstreamerFlags, RefusesAPasswordThatWouldNotBeChecked) {
  // --user alone is our own flag; with ustreamer it does nothing without a password.
  for (const char* line : {"--passwd secret", "--user me --passwd secret"}) {
    EXPECT_NE(mistake(line).find("nginx"), std::string::npos) << line;
  }
  EXPECT_NE(mistake("--fps 3 --desired-fps 4").find("--fps and --desired-fps"), std::string::npos);
  EXPECT_NE(mistake("-r 0x0").find("--resolution '0x0'"), std::string::npos);
  EXPECT_NE(mistake("-p 0x50").find("--port"), std::string::npos);
}

TEST(UstreamerFlags, EveryFlagIsUnderstoodAndItsEffectLogged) {
  std::set<std::string> names;
  for (const UstreamerFlag& flag : ustreamer_flags()) {
    SCOPED_TRACE(flag.name);
    EXPECT_TRUE(names.insert(std::string(flag.name)).second);
    EXPECT_EQ(find_option(flag.name), nullptr) << "the name is in our own table";
    using enum UstreamerFlag::Meaning;
    if (flag.meaning == option) {
      EXPECT_NE(find_option(flag.to), nullptr);
    }
    if (flag.meaning != no_effect) continue;
    std::vector<std::string> notes;
    read("fanlight", "--" + std::string(flag.name) + (flag.takes_value ? " 1" : ""), &notes);
    ASSERT_EQ(notes.size(), 1u);
    EXPECT_NE(notes[0].find(" has no effect: "), std::string::npos) << notes[0];
  }
}

}  // namespace
}  // namespace fanlight
