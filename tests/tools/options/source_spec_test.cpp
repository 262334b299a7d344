// SPDX-License-Identifier: Apache-2.0
#include "tools/options/source_spec.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace fanlight {
namespace {

std::string refusal(std::string_view text) {
  try {
    ADD_FAILURE() << text << " means " << complete_source(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

// The value that is suggested in place of `text`.
std::string meant(std::string_view text) {
  const std::string line = refusal(text);
  const std::string question = "did you mean '";
  const size_t at = line.find(question);
  if (at == line.npos || !line.ends_with("'?")) return line;
  const size_t begin = at + question.size();
  return line.substr(begin, line.size() - 2 - begin);
}

TEST(SourceSpec, CompleteSpecsAreUnchanged) {
  for (const char* text :
       {"auto", "emulator", "pattern", "files:holidays", "libcamera", "libcamera:/base/soc/i2c0",
        "v4l2:/dev/video0", "v4l2", "http://10.0.0.7:5000/stream", "https://me:pw@cam/?x=1,2"}) {
    EXPECT_EQ(complete_source(text), text);
  }
}

TEST(SourceSpec, DevicePathMeansV4l2) {
  EXPECT_EQ(complete_source("/dev/video0"), "v4l2:/dev/video0");
  EXPECT_EQ(complete_source("/dev/v4l/by-id/usb-A_B"), "v4l2:/dev/v4l/by-id/usb-A_B");
}

TEST(SourceSpec, UrlNeedsNoSchemeIfUnambiguous) {
  for (const char* text :
       {"10.0.0.7:5000/stream", "10.0.0.7/stream", "10.0.0.7", "localhost:8080/?action=stream",
        "localhost/?action=stream", "localhost", "raspberrypi:8080", "cam.example.org:80/x",
        "[::1]:5000/stream", "[fe80::1]/stream", "me:secret@10.0.0.7:5000/stream",
        "me:secret@cam/stream"}) {
    EXPECT_EQ(complete_source(text), std::string("http://") + text);
  }
  EXPECT_EQ(complete_source("HTTP://10.0.0.7/"), "http://10.0.0.7/");
  EXPECT_EQ(complete_source("Https://cam/"), "https://cam/");
  for (const char* text : {"cam:0/x", "cam:99999/x", "cam:/x", "10.0.0.700/x", "[::1/x", "[x]:1/",
                           "-a:80/", ":80/", "rtsp:80x"}) {
    refusal(text);
  }
}

TEST(SourceSpec, CompletesHalfAScheme) {
  EXPECT_EQ(meant("http:10.0.0.7:5000/stream"), "http://10.0.0.7:5000/...");
  EXPECT_EQ(meant("http:/10.0.0.7/stream"), "http://10.0.0.7/...");
  EXPECT_EQ(meant("https/cam/x"), "https://cam/...");
  EXPECT_EQ(meant("cam.example.org/stream"), "http://cam.example.org/...");
  EXPECT_EQ(meant("octopi.local"), "http://octopi.local");
  EXPECT_NE(refusal("http://").find("http://10.0.0.7:5000/stream is expected"), std::string::npos);
  EXPECT_NE(refusal("http").find("is expected"), std::string::npos);
}

TEST(SourceSpec, SuggestsAKindForATypo) {
  EXPECT_EQ(meant("patern"), "pattern");
  EXPECT_EQ(meant("emulater"), "emulator");
  EXPECT_EQ(meant("Pattern"), "pattern");
  EXPECT_EQ(meant("v4l:/dev/video0"), "v4l2:/dev/video0");
  EXPECT_EQ(meant("file:holidays"), "files:holidays");
  EXPECT_EQ(meant("htpp://10.0.0.7/"), "http://10.0.0.7/");
  EXPECT_EQ(meant("atuo"), "auto");
  EXPECT_EQ(
      refusal("telepathy"),
      "no source 'telepathy'; available: auto emulator files http https latest libcamera nats "
      "pattern tls v4l2");
}

TEST(SourceSpec, SuggestsThePathOfADeviceName) {
  EXPECT_EQ(meant("video0"), "/dev/video0");
  EXPECT_EQ(meant("dev/video12"), "/dev/video12");
  EXPECT_EQ(meant("v4l2:video0"), "v4l2:/dev/video0");
}

TEST(SourceSpec, SuggestsAKindForFoldersAndFiles) {
  const std::filesystem::path folder(testing::TempDir() + "source_spec_test");
  std::filesystem::create_directory(folder);
  std::ofstream(folder / "photo.jpg") << "x";
  const std::string name = folder.string();
  EXPECT_EQ(meant(name), "files:" + name);
  EXPECT_EQ(meant(name + "/"), "files:" + name + "/");
  EXPECT_EQ(meant(name + "/photo.jpg"), "files:" + name);
  std::filesystem::remove_all(folder);
  EXPECT_NE(refusal(name).find("a folder is written files:DIR"), std::string::npos);
  EXPECT_NE(refusal("./nowhere").find("a folder is written files:DIR"), std::string::npos);
}

TEST(SourceSpec, FindsTheUserOfAUrl) {
  for (const auto& [source, user] :
       {std::pair<std::string_view, std::string_view>{"http://me:s@cret@h/a", "me:s@cret"},
        {"https://me@h", "me"},
        {"http://h/", ""},
        {"http://h/a@b", ""},
        {"files:/me:x@y", ""}}) {
    EXPECT_EQ(user_info(source), user);
  }
}

TEST(SourceSpec, KnowsWhatOthersMustNotRead) {
  for (const char* source : {"http://me:x@h/", "http://h/video?usr=a&PWD=b", "https://h/?token=1",
                             "http://h/?api_key=x", "nats://me:x@h/s", "tls://t0ken@h/s"}) {
    EXPECT_TRUE(has_secret(source)) << source;
  }
  for (const char* source : {"http://me@h/", "http://h/?action=stream", "http://h/password/x",
                             "pattern", "files:/a?pwd=x", "nats://h/s"}) {
    EXPECT_FALSE(has_secret(source)) << source;
  }
}

TEST(SourceSpec, ErrorsOmitSecrets) {
  for (const char* text :
       {"http:/me:secret@10.0.0.7/x", "htpp://me:secret@h/", "rtsp://me:secret@10.0.0.7/h264",
        "http:10.0.0.7/secret", "HTTP:/10.0.0.7/secret", "https/cam/secret", "htpp://cam/secret",
        "cam.example.org/secret", "rtsp://cam/secret"}) {
    EXPECT_EQ(refusal(text).find("secret"), std::string::npos) << refusal(text);
  }
  EXPECT_NE(refusal("rtsp://10.0.0.7/h264").find("RTSP"), std::string::npos);
}

}  // namespace
}  // namespace fanlight
