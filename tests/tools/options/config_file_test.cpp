// SPDX-License-Identifier: Apache-2.0
#include "tools/options/config_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "core/fd.h"
#include "core/random.h"
#include "tools/options/option_table.h"

namespace fanlight {
namespace {

Settings parse(std::string_view text) {
  return parse_config(text, "f.toml");
}

// The error for a mistake.
std::string mistake(std::string_view text) {
  try {
    OptionsDraft draft;
    for (const Setting& setting : parse(text).values) apply_setting(draft, setting);
  } catch (const StartError& error) {
    EXPECT_EQ(error.code(), ExitCode::config) << error.what();
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "accepted: " << text;
  return {};
}

void expect_mistake(std::string_view text, std::string_view beginning, std::string_view said) {
  const std::string line = mistake(text);
  EXPECT_TRUE(line.starts_with(beginning)) << text << ": " << line;
  EXPECT_NE(line.find(said), line.npos) << text << ": " << line;
}

TEST(ConfigFile, AcceptsValuesInTheirNaturalForm) {
  const Settings settings = parse(R"(
fps = 2.5
quality = 70
header-timeout = "500ms"
idle-timeout = 5
mirror = true
zero-copy = false
pin-cpus = true
listen = ["127.0.0.1:0", 5001]
admin-listen = "unix:/a b"
control = { zoom = 3, brightness = "-4", auto_focus = true }
)");
  std::vector<std::string> said;
  for (const Setting& each : settings.values) {
    said.push_back(std::string(each.option->name) + "=" + each.text);
  }
  EXPECT_EQ(said, (std::vector<std::string>{"admin-listen=unix:/a b", "control=zoom=3",
                                            "control=brightness=-4", "control=auto_focus=true",
                                            "fps=2.5", "header-timeout=500ms", "idle-timeout=5",
                                            "listen=127.0.0.1:0", "listen=5001", "mirror=on",
                                            "pin-cpus=on", "quality=70", "zero-copy=off"}));
  EXPECT_EQ(settings.values.back().where, "f.toml:7: zero-copy:");
  EXPECT_FALSE(settings.names_a_source());
}

TEST(ConfigFile, CamerasKeepTheOrderOfTheFile) {
  const Settings settings = parse(R"(
[camera.yard]
source = "http://10.0.0.7/v?size=1,2"
control = { b = 1, a = 2 }
[camera.door]
source = "v4l2:/dev/video2"
size = "640x480"
fps = 15
quality = 60
rotate = 180
mirror = true
ladder = "320x240@q60,160x120"
)");
  ASSERT_EQ(settings.cameras.size(), 2u);
  EXPECT_TRUE(settings.names_a_source());
  EXPECT_EQ(settings.cameras[0].name, "yard");
  EXPECT_EQ(settings.cameras[0].source, "http://10.0.0.7/v?size=1,2");
  ASSERT_EQ(settings.cameras[0].controls.size(), 2u);
  EXPECT_EQ(settings.cameras[0].controls[0].name, "b") << "in the order of the file";
  EXPECT_EQ(settings.cameras[1].name, "door");
  EXPECT_EQ(settings.cameras[1].width, 640);
  EXPECT_DOUBLE_EQ(settings.cameras[1].fps, 15);
  EXPECT_EQ(settings.cameras[1].quality, 60);
  EXPECT_EQ(settings.cameras[1].orientation, (Orientation{180, true}));
  EXPECT_EQ(ladder_text(settings.cameras[1].ladder), "320x240@q60,160x120");
}

TEST(ConfigFile, ParsesUpstreamOptions) {
  const std::string pin = "sha256//" + std::string(43, 'A') + "=";
  const Settings settings = parse(
      "[camera.a]\nsource = \"https://h/\"\n"
      "headers = { X-API-Key = \"k\", X-Number = 7 }\n"
      "tls = { ca = \"a.pem\", pin = \"" +
      pin +
      "\" }\n"
      "[camera.b]\nsource = \"h:1\"\ninsecure = true\nsegments = true\n");
  ASSERT_EQ(settings.cameras.size(), 2u);
  const UpstreamOptions& a = settings.cameras[0].upstream;
  EXPECT_EQ(a.headers, (std::vector<std::string>{"X-API-Key: k", "X-Number: 7"}));
  EXPECT_EQ(a.ca, "a.pem");
  EXPECT_EQ(a.pin, pin);
  EXPECT_FALSE(a.insecure);
  EXPECT_FALSE(a.segments);
  EXPECT_TRUE(settings.cameras[1].upstream.insecure);
  EXPECT_TRUE(settings.cameras[1].upstream.segments);
}

TEST(ConfigFile, RefusesInvalidUpstreamOptions) {
  const std::string camera = "[camera.a]\nsource = \"https://h/\"\n";
  expect_mistake(camera + "headers = \"x\"", "f.toml:3: camera.a.headers: ", "VALUE");
  expect_mistake(camera + "headers = { \"a b\" = \"x\" }",
                 "f.toml:3: camera.a.headers.a b: ", "field");
  expect_mistake(camera + "headers = { a = \"x\\ny\" }",
                 "f.toml:3: camera.a.headers.a: ", "control characters");
  expect_mistake(camera + "tls = true", "f.toml:3: camera.a.tls: ", "ca = ");
  expect_mistake(camera + "tls = { pin = \"x\" }", "f.toml:3: camera.a.tls.pin: ", "sha256//");
  expect_mistake(camera + "tls = { ca = \"\" }", "f.toml:3: camera.a.tls.ca: ", "a file");
  expect_mistake(camera + "tls = { insecure = true }",
                 "f.toml:3: camera.a.tls.insecure: ", "beside tls");
  expect_mistake(camera + "insecure = \"yes\"", "f.toml:3: camera.a.insecure: ", "true or false");
  expect_mistake("[camera.a]\nsource = \"pattern\"\ncredentials = \"\"",
                 "f.toml:3: camera.a.credentials: ", "a file is expected");
  expect_mistake("[camera.a]\nsource = \"pattern\"\npublish = \"nats://bus\"",
                 "f.toml:3: camera.a.publish: ", "no subject");
  expect_mistake("[camera.a]\nsource = \"pattern\"\nmax-cameras = 3",
                 "f.toml:1: camera.a: ", "belongs to a directory");
  expect_mistake("[camera.\"*\"]\nsource = \"nats://bus/a\"", "f.toml:1: camera.*: ", "a wildcard");
  expect_mistake("[camera.\"*\"]\nsource = \"nats://bus/>\"\nmax-cameras = 300",
                 "f.toml:3: camera.*.max-cameras: ", "from 1 to 256");
  expect_mistake("[camera.a]\nsource = \"nats://bus/a\"\npassword-file = \"f\"",
                 "f.toml:1: camera.a.password-file: ", "credentials");
  expect_mistake("[camera.a]\nsource = \"pattern\"\ninsecure = true",
                 "f.toml:1: camera.a: ", "of a URL");
  expect_mistake("[camera.a]\nsource = \"pattern\"\nsegments = true",
                 "f.toml:1: camera.a: ", "of a URL");
}

TEST(ConfigFile, APasswordFileBelongsToTheUserOfAUrl) {
  const Settings settings =
      parse("[camera.a]\npassword-file = \"yard\"\nsource = \"http://me@h/\"\n");
  EXPECT_EQ(settings.cameras.at(0).password_file, "yard");
  const std::string file = "\npassword-file = \"/run/yard\"";
  const std::string key = "f.toml:1: camera.a.password-file: ";
  for (const char* source : {"pattern", "http://h/", "http://h/a@b", "files:/a@b"}) {
    expect_mistake("[camera.a]\nsource = \"" + std::string(source) + "\"" + file, key,
                   "a URL with a user");
  }
  expect_mistake("[camera.a]\nsource = \"http://me:s3cret@h/\"" + file, key, "already");
  expect_mistake("[camera.a]\npassword-file = \"\"",
                 "f.toml:2: camera.a.password-file: ", "a file is expected");
}

TEST(ConfigFile, ErrorsNameTheLineAndTheKey) {
  expect_mistake("\n\ncolour = 1", "f.toml:3: colour: ", "no such key");
  expect_mistake("config = \"x\"", "f.toml:1: config: ", "no such key");
  expect_mistake("soruce = \"pattern\"", "f.toml:1: soruce: ", "; did you mean 'source'?");
  expect_mistake("max_viewers = 3", "f.toml:1: max_viewers: ", "; did you mean 'max-viewers'?");
  expect_mistake("[cameras.a]\nsource = \"x\"", "f.toml:1: cameras: ", "; did you mean 'camera'?");
  expect_mistake("[camera.a]\nsoruce = \"x\"",
                 "f.toml:2: camera.a.soruce: ", "; did you mean 'source'?");
  expect_mistake("[camera.a]\nlisten = \"x\"",
                 "f.toml:2: camera.a.listen: ", "above the first [camera.NAME]");
  expect_mistake("log-level = \"degub\"", "f.toml:1: log-level: ", "; did you mean 'debug'?");
  expect_mistake("port = 8080", "f.toml:1: port: ", "no such key");
  expect_mistake("fps = \"fast\"", "f.toml:1: fps: ", "'fast'");
  expect_mistake("fps = 1000", "f.toml:1: fps: ", "'1000': a number from 0.01 to 240");
  expect_mistake("fps = nan", "f.toml:1: fps: ", "a number");
  expect_mistake("fps = [1]", "f.toml:1: fps: ", "N is expected");
  expect_mistake("fps = true", "f.toml:1: fps: ", "N is expected");
  expect_mistake("fps = {}", "f.toml:1: fps: ", "N is expected");
  expect_mistake("fps = 1979-05-27", "f.toml:1: fps: ", "N is expected");
  expect_mistake("max-viewers = 99999999999999999",
                 "f.toml:1: max-viewers: ", "'99999999999999999'");
  expect_mistake("source = 7", "f.toml:1: source: ", "in quotes");
  expect_mistake("source = \"\"", "f.toml:1: source: ", "a source is expected");
  expect_mistake("source = \"telepathy\"", "f.toml:1: source: ", "telepathy");
  expect_mistake("source = \"files:/a\\u0000b\"", "f.toml:1: source: ", "control characters");
  expect_mistake("fps = 5\nsource = pattern\n", "f.toml:2: texts need quotes; ",
                 "write source = \"pattern\"");
  expect_mistake("[camera.a]\nsource = v4l2:/dev/video0\nfps = 5", "f.toml:2: texts need quotes; ",
                 "write source = \"v4l2:/dev/video0\"");
  expect_mistake("source = \"pattern", "f.toml:1: ", "rror");
  expect_mistake("stock-db = \"\"", "f.toml:1: stock-db: ", "a file is expected");
  expect_mistake("pin-cpus = 1", "f.toml:1: pin-cpus: ", "true or false");
  expect_mistake("pin-cpus = \"on\"", "f.toml:1: pin-cpus: ", "true or false");
  expect_mistake("listen = [\n\"127.0.0.1:1\",\n\"nowhere\"]", "f.toml:3: listen: ", "'nowhere'");
  expect_mistake("listen = [[1]]", "f.toml:1: listen: ", "is expected");
  expect_mistake("control = \"a=1\"", "f.toml:1: control: ", "NAME = VALUE");
  expect_mistake("control = { a = [1] }", "f.toml:1: control.a: ", "is expected");
  expect_mistake("control = { a = \"\" }", "f.toml:1: control.a: ", "not NAME=VALUE");
}

TEST(ConfigFile, ErrorsInCamerasNameTheCamera) {
  expect_mistake("camera = 1", "f.toml:1: camera: ", "[camera.NAME]");
  expect_mistake("[camera]\na = 1", "f.toml:2: camera.a: ", "[camera.NAME]");
  expect_mistake("[camera.Front]\nsource = \"pattern\"", "f.toml:1: camera: ", "'Front'");
  expect_mistake("[camera.\"a b\"]\nsource = \"pattern\"", "f.toml:1: camera: ", "'a b'");
  expect_mistake("[camera.a]\nfps = 1", "f.toml:1: camera.a: ", "source = \"SPEC\" is missing");
  expect_mistake("[camera.a]\nsource = \"x\"", "f.toml:2: camera.a.source: ", "no source 'x'");
  expect_mistake("[camera.a]\nsize = 640", "f.toml:2: camera.a.size: ", "WxH");
  expect_mistake("[camera.a]\nsize = \"0x0\"", "f.toml:2: camera.a.size: ", "'0x0'");
  expect_mistake("[camera.a]\nrotate = 45", "f.toml:2: camera.a.rotate: ", "'45'");
  expect_mistake("[camera.a]\nmirror = \"yes\"", "f.toml:2: camera.a.mirror: ", "on or off");
  expect_mistake("[camera.a]\nzoom = 2", "f.toml:2: camera.a.zoom: ", "no such key");
}

TEST(ConfigFile, InvalidTomlNamesTheLine) {
  expect_mistake("fps = 1\nfps = 2", "f.toml:2: ", "fps");
  expect_mistake("fps =", "f.toml:1: ", "");
  expect_mistake("\n[camera.a\n", "f.toml:2: ", "");
  expect_mistake("source = \"pattern", "f.toml:1: ", "");
  expect_mistake(std::string("source = \"\xff\xfe\""), "f.toml:1: ", "");
  expect_mistake("[camera.a]\n[camera.a]\n", "f.toml:2: ", "");
}

TEST(ConfigFile, IsReadFromAFileOfUpToOneMegabyte) {
  char path[] = "/tmp/fanlight-config-XXXXXX";
  const Fd file(::mkstemp(path));
  std::string text = "fps = 3\n" + std::string(kConfigBytesMax - 8, '#');
  for (size_t at = 1000; at < text.size(); at += 1000) text[at] = '\n';
  ASSERT_EQ(::write(file.get(), text.data(), text.size()), ssize_t(kConfigBytesMax));
  EXPECT_EQ(read_config_file(path).values.size(), 1u);
  ASSERT_EQ(::write(file.get(), "x", 1), 1);
  for (const std::string& bad :
       {std::string(path), std::string("/no/such.toml"), std::string("/")}) {
    try {
      read_config_file(bad);
      ADD_FAILURE() << bad;
    } catch (const StartError& error) {
      EXPECT_EQ(error.code(), ExitCode::config);
      EXPECT_NE(std::string(error.what()).find(bad), std::string::npos) << error.what();
    }
  }
  ::unlink(path);
}

// Any contents of the file: no crash, and an error of one line.
void feed(const std::string& text, uint64_t seed) {
  try {
    OptionsDraft draft;
    for (const Setting& setting : parse(text).values) apply_setting(draft, setting);
  } catch (const StartError& error) {
    const std::string line = error.what();
    ASSERT_EQ(error.code(), ExitCode::config) << "seed " << seed << ": " << line;
    ASSERT_TRUE(line.starts_with("f.toml:")) << "seed " << seed << ": " << line;
    ASSERT_FALSE(has_control_characters(line)) << "seed " << seed << ": " << line;
    ASSERT_LE(line.size(), 500u) << "seed " << seed;
  }
}

constexpr std::string_view kSample = R"(# a sample
listen = ["0.0.0.0:8080", "unix:/run/x"]
max-viewers = 500
max-egress = "800Mbit"
min-fps = 0.5
header-timeout = 10
pin-cpus = false
trusted-proxy = "10.0.0.0/8"
control = { brightness = 128, auto = "Manual \u00e9 Mode" }
[camera.front]
source = "v4l2:/dev/video0"
fps = 15
mirror = true
[camera."back"]
source = 'http://user:password@10.0.0.2/stream'
control.focus = 0x1f
)";

TEST(ConfigFile, RandomBytesNeverCrash) {
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    Random random(seed);
    std::string text(random.below(200), '\0');
    for (char& c : text) c = static_cast<char>(random.below(256));
    ASSERT_NO_FATAL_FAILURE(feed(text, seed));
  }
}

TEST(ConfigFile, MutatedSamplesNeverCrash) {
  constexpr std::string_view kPieces[] = {"[",
                                          "]",
                                          "{",
                                          "}",
                                          "\"",
                                          "'''",
                                          "=",
                                          ".",
                                          "\n",
                                          "\\u",
                                          "1e999",
                                          "0x",
                                          "-",
                                          "inf",
                                          "\xc3",
                                          ",",
                                          "[[camera]]",
                                          "99999999999999999999",
                                          "1979-05-27T07:32:00Z"};
  for (uint64_t seed = 1; seed <= 6000; ++seed) {
    Random random(seed);
    std::string text(kSample);
    for (uint64_t i = 0; i <= random.below(6); ++i) {
      const size_t at = random.below(text.size());
      switch (random.below(4)) {
        case 0:
          text[at] = static_cast<char>(random.below(256));
          break;
        case 1:
          text.erase(at, random.below(20));
          break;
        case 2:
          text.insert(at, kPieces[random.below(std::size(kPieces))]);
          break;
        default:
          text.insert(at, text.substr(random.below(text.size()), random.below(40)));
      }
      if (text.empty()) text = "x";
    }
    ASSERT_NO_FATAL_FAILURE(feed(text, seed));
  }
}

TEST(ConfigFile, RefusesDeepNesting) {
  expect_mistake("listen = " + std::string(4000, '['), "f.toml:1: ", "nest");
  std::string lines = "listen = ";
  for (int i = 0; i < 100'000; ++i) lines += "[\n";
  expect_mistake(lines, "f.toml:", "nest");
  std::string dotted = "camera";
  for (int i = 0; i < 2000; ++i) dotted += ".a";
  expect_mistake(dotted + " = 1", "f.toml:1: camera.a", "no such key");
  expect_mistake("\n#" + std::string(5000, '.'), "f.toml:2: ", "longer than 4096 bytes");
}

}  // namespace
}  // namespace fanlight
