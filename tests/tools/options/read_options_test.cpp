// SPDX-License-Identifier: Apache-2.0
#include "tools/options/read_options.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "core/fd.h"
#include "tests/tools/options/command_line.h"
#include "tools/options/command_line.h"

namespace fanlight {
namespace {

std::optional<Options> parse(std::vector<const char*> arguments) {
  const auto line = parse_as("fanlight", read_command_line, arguments);
  if (!line) return std::nullopt;
  return read_options(*line);
}

std::string mistake(const std::vector<const char*>& arguments) {
  return mistake_of([&] { parse(arguments); });
}

TEST(Options, HaveDefaults) {
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
  EXPECT_EQ(options.refresh, 4s);
  EXPECT_EQ(options.history, std::nullopt);
  EXPECT_EQ(options.history_memory, size_t{256} << 20);
  EXPECT_EQ(options.source_timeout, 30s);
  EXPECT_EQ(options.capture_idle, std::nullopt);
}

std::optional<Options> parse_words(const std::string& line) {
  const auto flags = parse_words_as("fanlight", read_command_line, line);
  return flags ? std::optional(read_options(*flags)) : std::nullopt;
}

TEST(Options, AcceptEveryFlag) {
  const Options options =
      parse_words(
          "--listen 127.0.0.1:0 --listen unix:/tmp/x --admin-listen 127.0.0.1:1 --trusted-proxy "
          "unix --stock-db s.db --access-log a.log --takeover-socket /t "
          "--take-over --reload --auth-file u --link-key k --auth-loopback "
          "--source pattern --fps 2.5 --size 320x240 "
          "--quality 40 --shards 3 --max-viewers 7 --max-viewers-per-address 5 "
          "--max-connections-per-address 9 "
          "--max-egress 1Gbit --min-fps 0.25 --viewer-stall-timeout 1s "
          "--refresh 9s --camera-stall-timeout 3s --header-timeout 2s --idle-timeout 4s "
          "--capture-idle 5m --history 45s --history-memory 64M "
          "--cors-origin * --log-level debug --backend epoll --zero-copy off --frame-memory 8M "
          "--ring-slots 4 --send-buffer 64K --pin-cpus --rotate 90 --mirror on "
          "--control brightness=7 --allow-control --exit-on-no-source --encode-threads 2 --encoder "
          "cpu --list-devices "
          "--camera back=files:/p,size=64x48,fps=3,quality=9")
          .value();
  EXPECT_EQ(options.listen[1].family, ListenAddress::Family::unix_path);
  ASSERT_EQ(options.admin_listen.size(), 1u);
  EXPECT_EQ(options.admin_listen[0].port, 1);
  ASSERT_EQ(options.trusted_proxies.size(), 1u);
  EXPECT_EQ(options.trusted_proxies[0].text(), "unix");
  EXPECT_EQ(options.stock_db, "s.db");
  EXPECT_EQ(options.access_log, "a.log");
  EXPECT_EQ(options.takeover_socket, "/t");
  EXPECT_TRUE(options.take_over);
  EXPECT_TRUE(options.reload);
  EXPECT_EQ(options.auth_file, "u");
  EXPECT_EQ(options.link_key, "k");
  EXPECT_TRUE(options.auth_loopback);
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
  EXPECT_EQ(options.max_connections_per_address, 9u);
  EXPECT_EQ(options.max_egress, 1'000'000'000u);
  EXPECT_DOUBLE_EQ(options.min_fps, 0.25);
  EXPECT_EQ(options.viewer_stall_timeout, 1s);
  EXPECT_EQ(options.camera_stall_timeout, 3s);
  EXPECT_EQ(options.refresh, 9s);
  EXPECT_EQ(options.history, 45s);
  EXPECT_EQ(options.history_memory, size_t{64} << 20);
  EXPECT_EQ(options.header_timeout, 2s);
  EXPECT_EQ(options.idle_timeout, 4s);
  EXPECT_EQ(options.capture_idle, 5min);
  EXPECT_EQ(options.cors_origins, std::vector<std::string>{"*"});
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
  EXPECT_TRUE(options.exit_on_no_source);
  EXPECT_EQ(options.encode_threads, 2u);
  EXPECT_EQ(options.encoder, EncoderChoice::cpu);
  EXPECT_TRUE(options.list_devices);
}

TEST(Options, ErrorsNameTheFlag) {
  const std::vector<std::vector<const char*>> cases = {
      {"--size", "0x0"},
      {"--fps", "0"},
      {"--quality", "101"},
      {"--shards", "0"},
      {"--max-viewers", "0"},
      {"--max-viewers-per-address", "0"},
      {"--max-connections-per-address", "0"},
      {"--max-connections-per-address", "half"},
      {"--max-egress", "fast"},
      {"--min-fps", "0"},
      {"--viewer-stall-timeout", "x"},
      {"--capture-idle", "0"},
      {"--history", "0.5s"},
      {"--history", "11m"},
      {"--history", "on"},
      {"--history-memory", "512K"},
      {"--cors-origin", "a b"},
      {"--log-level", "loud"},
      {"--backend", "kqueue"},
      {"--zero-copy", "maybe"},
      {"--frame-memory", "1"},
      {"--ring-slots", "5"},
      {"--rotate", "45"},
      {"--mirror", "yes"},
      {"--ladder", "yes"},
      {"--ladder", "640x360,1280x720"},
      {"--max-cpu", "80"},
      {"--max-cpu", "0%"},
      {"--control", "brightness"},
      {"--encode-threads", "17"},
      {"--encoder", "gpu"},
      {"--send-buffer", "2G"},
      {"--listen", "nowhere"},
      {"--camera", "Front=pattern"},
      {"--camera", "front"},
      {"--source", ""},
  };
  for (const auto& arguments : cases) {
    const std::string line = mistake(arguments);
    EXPECT_TRUE(line.starts_with(arguments[0])) << arguments[0] << ": " << line;
    EXPECT_NE(line.find("'" + std::string(arguments[1]).substr(0, 5)), std::string::npos) << line;
  }
}

TEST(Options, EgressIsAutomaticByDefault) {
  EXPECT_FALSE(parse({}).value().max_egress.has_value());
  EXPECT_FALSE(parse({"--max-egress", "auto"}).value().max_egress.has_value());
  EXPECT_EQ(parse({"--max-egress", "off"}).value().max_egress, 0u);
}

TEST(Options, RefuseUnknownFlagsAndDuplicateNames) {
  EXPECT_NE(mistake({"--colour"}).find("--colour"), std::string::npos);
  EXPECT_NE(mistake({"pattern"}).find("pattern"), std::string::npos);
  EXPECT_NE(mistake({"--camera", "a=pattern", "--camera", "a=emulator"}).find("'a'"),
            std::string::npos);
  EXPECT_NE(mistake({"--camera", "a=pattern", "--fps", "3"}).find("--fps"), std::string::npos);
}

TEST(Options, CameraCountsAsASource) {
  const Options options = parse({"--camera", "a=emulator"}).value();
  EXPECT_TRUE(options.source_was_given);
  ASSERT_EQ(options.cameras.size(), 1u);
  EXPECT_EQ(options.cameras[0].name, "a");
}

// An environment variable that is set during this object's lifetime.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

// A configuration file that exists during this object's lifetime.
class ConfigFile {
 public:
  explicit ConfigFile(std::string_view text) {
    const Fd file(::mkstemp(path_.data()));
    EXPECT_EQ(::write(file.get(), text.data(), text.size()), ssize_t(text.size()));
  }
  ~ConfigFile() { ::unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/fanlight-options-XXXXXX";
};

std::string config_mistake(const std::string& line) {
  try {
    parse_words(line);
  } catch (const StartError& error) {
    EXPECT_EQ(error.code(), ExitCode::config) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "accepted: " << line;
  return {};
}

TEST(Options, AreReadFromTheEnvironmentToo) {
  const Variable variable("FANLIGHT_MAX_VIEWERS", "12");
  const Variable empty("FANLIGHT_MIN_FPS", "");
  EXPECT_EQ(parse({}).value().max_viewers, 12u);
  EXPECT_EQ(parse({"--max-viewers", "13"}).value().max_viewers, 13u);
  const Variable wrong("FANLIGHT_SHARDS", "many");
  EXPECT_TRUE(mistake({}).starts_with("FANLIGHT_SHARDS 'many'")) << mistake({});
  const Variable toggle("FANLIGHT_PIN_CPUS", "true");
  EXPECT_TRUE(parse({"--shards", "1"}).value().pin_cpus);
}

TEST(Options, FlagsPrecedeTheEnvironmentAndTheFile) {
  const ConfigFile file(
      "source = \"pattern\"\nmax-viewers = 1\nshards = 2\nmin-fps = 3\n"
      "listen = [\"127.0.0.1:1\", \"127.0.0.1:2\"]\n");
  const Variable viewers("FANLIGHT_MAX_VIEWERS", "10");
  const Variable shards("FANLIGHT_SHARDS", "20");
  const Variable config("FANLIGHT_CONFIG", file.path().c_str());
  const Options options = parse_words("--max-viewers 100 --listen 127.0.0.1:3").value();
  EXPECT_EQ(options.max_viewers, 100u);
  EXPECT_EQ(options.shards, 20u);
  EXPECT_DOUBLE_EQ(options.min_fps, 3);
  ASSERT_EQ(options.listen.size(), 1u);
  EXPECT_EQ(options.listen[0].port, 3);
  EXPECT_EQ(options.config_file, file.path());
  EXPECT_EQ(options.idle_timeout, 75s);
}

TEST(Options, SourceFlagReplacesTheFilesCameras) {
  const ConfigFile file("fps = 2\n[camera.a]\nsource = \"pattern\"\n");
  const std::string config = "--config " + file.path() + " ";
  const Options replaced = parse_words(config + "--source emulator").value();
  ASSERT_EQ(replaced.cameras.size(), 1u);
  EXPECT_EQ(replaced.cameras[0].source, "emulator");
  EXPECT_EQ(replaced.cameras[0].fps, 0) << "the file's value is for another camera";
  EXPECT_NE(config_mistake(config).find("--fps"), std::string::npos);

  const ConfigFile single("source = \"pattern\"\nfps = 2\ncontrol = { brightness = 1 }\n");
  const Options turned = parse_words("--config " + single.path() + " --rotate 90 --fps 3").value();
  EXPECT_EQ(turned.cameras[0].source, "pattern");
  EXPECT_EQ(turned.cameras[0].orientation.rotate, 90);
  EXPECT_DOUBLE_EQ(turned.cameras[0].fps, 3);
  EXPECT_EQ(turned.cameras[0].controls.size(), 1u);
  EXPECT_EQ(turned.blame_for_cameras, ExitCode::config);
}

TEST(Options, RefuseAFileWithoutASource) {
  const ConfigFile file("max-viewers = 3\n");
  EXPECT_NE(config_mistake("--config " + file.path()).find("no source"), std::string::npos);
  EXPECT_EQ(parse_words("--config " + file.path() + " --source pattern").value().max_viewers, 3u);
  EXPECT_NE(config_mistake("--config /no/such/file").find("/no/such/file"), std::string::npos);
}

TEST(Options, NoteAPasswordThatEveryoneCanRead) {
  const auto notes = [](const std::string& text, unsigned mode) {
    const ConfigFile file(text);
    std::filesystem::permissions(file.path(), std::filesystem::perms(mode));
    return parse_words("--config " + file.path()).value().notes;
  };
  const std::string secret = "source = \"http://me:s3cret@h/\"\n";
  ASSERT_EQ(notes(secret, 0644).size(), 1u);
  EXPECT_EQ(notes(secret, 0644)[0].find("s3cret"), std::string::npos);
  EXPECT_EQ(notes("[camera.a]\nsource = \"h:1\"\nheaders = { K = \"v\" }\n", 0644).size(), 1u);
  EXPECT_TRUE(notes(secret, 0640).empty());
  EXPECT_TRUE(notes("source = \"http://me@h/\"\n", 0644).empty());
}

TEST(Options, OriginsAreSeparatedByCommasOrRepeated) {
  const Options options = parse_words(
                              "--source pattern --cors-origin https://a.example,http://b.example "
                              "--cors-origin https://c.example")
                              .value();
  EXPECT_EQ(options.cors_origins, (std::vector<std::string>{"https://a.example", "http://b.example",
                                                            "https://c.example"}));
  for (const char* wrong : {"https://a.example,", ",https://a.example", "https://a.example,,*"}) {
    EXPECT_NE(mistake({"--cors-origin", wrong}).find("an origin such as"), std::string::npos)
        << wrong;
  }
}

TEST(Options, RefuseDuplicateFlags) {
  EXPECT_NE(mistake({"--fps", "2", "--fps", "3"}).find("--fps is given twice"), std::string::npos);
  EXPECT_NE(mistake({"--fps"}).find("--fps"), std::string::npos);
  EXPECT_NE(mistake({"--cors-origin", "a\nb"}).find("'a b'"), std::string::npos);
}

}  // namespace
}  // namespace fanlight
