// SPDX-License-Identifier: Apache-2.0
#include "tools/options/config_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/sim/allocation_guard.h"
#include "tests/tools/options/command_line.h"
#include "tools/options/command_line.h"
#include "tools/options/config_file.h"
#include "tools/options/option_table.h"
#include "tools/options/read_options.h"

namespace fanlight {
namespace {

Options read(const std::string& line) {
  return read_options(parse_words_as("fanlight", read_command_line, line).value());
}

// The options read from `toml` alone, written out again.
std::string written_again(const std::string& toml) {
  const Settings file = parse_config(toml, "f.toml");
  CommandLine flags;
  for (const Setting& setting : file.values) flags.settings.values.push_back(setting);
  Options options = read_options(flags);
  options.cameras = file.cameras;
  return config_toml(options);
}

TEST(ConfigText, CanBeParsedAgain) {
  for (const char* line :
       {"",
        "--source pattern --fps 12.5 --size 64x48 --quality 9 --rotate 90 --mirror on "
        "--ladder 32x24@q60,16x16",
        "--camera a=pattern --camera b=files:/p\"\\q --control b/brightness=-7 "
        "--control a/mode=Manual",
        "--camera *=nats://me:secret@bus/fanlight.>,max-cameras=3,fps=5 --camera a=pattern",
        "--listen 127.0.0.1:1 --listen 5001 --max-viewers 7 --max-egress 1Gbit --min-fps 0.25 "
        "--max-cpu 62.5% --header-timeout 2s --idle-timeout 90 --capture-idle 5m --cors-origin * "
        "--pin-cpus "
        "--zero-copy off --trusted-proxy 10.0.0.0/8 --trusted-proxy unix --allowed-host a.b,*.c.d "
        "--stock-db s.db "
        "--admin-listen unix:/run/x --unix-mode 0660 --source "
        "http://me:secret@host/x?a=\xc3\xa9"}) {
    const std::string toml = config_toml(read(line));
    EXPECT_EQ(written_again(toml), toml);
  }
}

TEST(ConfigText, ListsEveryOptionThatHasAValue) {
  const std::string toml = config_toml(read("--source pattern"));
  for (const Option& option : option_table()) {
    const bool expected = !option.is(kOfCameras) && !option.is(kCommand) &&
                          (option.is(kToggle) || !option.default_text.empty());
    const std::string line = "\n" + std::string(option.name) + " = ";
    if (expected) {
      EXPECT_NE(toml.find(line), toml.npos) << option.name;
    }
  }
  EXPECT_NE(toml.find("\n[camera.camera]\nsource = \"pattern\"\n"), toml.npos) << toml;
  EXPECT_NE(toml.find("\nmin-fps = 0.5\n"), toml.npos) << toml;
  EXPECT_NE(toml.find("\nlisten = [\"127.0.0.1:5000\"]\n"), toml.npos) << toml;
}

TEST(ConfigText, InvalidUtf8IsNotToml) {
  const Options options = read("--stock-db \xff.db");
  EXPECT_THROW(config_toml(options), StartError);
  EXPECT_TRUE(nlohmann::json::accept(config_json(options)));
}

TEST(ConfigText, ThrowsWhereMemoryIsShort) {
  Options options = read("--camera a=https://host/x --control a/mode=Manual --trusted-proxy unix");
  options.cameras[0].upstream.headers = {"X-API-Key: s3cret"};
  EXPECT_GT(fail_each_allocation([&] { config_json(options); }), 100);
  EXPECT_GT(fail_each_allocation([&] { config_toml(options); }), 100);
}

TEST(ConfigText, WritesTheLastOfRepeatedNames) {
  Options options = read("--camera a=https://host/x --control a/mode=Manual --control a/gain=007");
  options.cameras[0].controls.push_back({"mode", "3"});
  options.cameras[0].upstream.headers = {"A: 1", "B: 2", "A: 3"};
  const std::string toml = config_toml(options);
  EXPECT_NE(toml.find("\ncontrol = { \"mode\" = 3, \"gain\" = \"007\" }\n"), toml.npos) << toml;
  EXPECT_NE(toml.find("\nheaders = { \"A\" = \"3\", \"B\" = \"2\" }\n"), toml.npos) << toml;
}

TEST(ConfigText, JsonOmitsPasswords) {
  const auto json = nlohmann::json::parse(config_json(
      read("--camera a=http://me:secret@host/secret --camera b=pattern,fps=3 --pin-cpus")));
  EXPECT_EQ(json["camera"]["a"]["source"].get<std::string>().find("secret"), std::string::npos);
  EXPECT_EQ(json["camera"]["b"]["fps"], 3);
  EXPECT_EQ(json["pin-cpus"], true);
  EXPECT_EQ(json["max-viewers"], "auto");
  EXPECT_EQ(json["stock-db"], nullptr);
  EXPECT_EQ(json["trusted-proxy"], nlohmann::json::array());
}

TEST(ConfigText, ListsUpstreamOptions) {
  Options options = read("--camera a=https://host/x");
  options.cameras[0].upstream = {.headers = {"X-API-Key: s3cret"},
                                 .ca = "a.pem",
                                 .pin = "sha256//x",
                                 .insecure = true,
                                 .segments = true,
                                 .credentials = "me.creds"};
  options.cameras[0].publish = "nats://t0ken@bus/fanlight.a";
  const std::string toml = config_toml(options);
  EXPECT_NE(toml.find("headers = { \"X-API-Key\" = \"s3cret\" }\n"), std::string::npos) << toml;
  EXPECT_NE(toml.find("tls = { \"ca\" = \"a.pem\", \"pin\" = \"sha256//x\" }\n"), std::string::npos)
      << toml;
  EXPECT_NE(toml.find("insecure = true\n"), std::string::npos) << toml;
  EXPECT_NE(toml.find("credentials = \"me.creds\"\n"), std::string::npos) << toml;
  EXPECT_NE(toml.find("publish = \"nats://t0ken@bus/fanlight.a\"\n"), std::string::npos) << toml;
  EXPECT_EQ(config_json(options).find("t0ken"), std::string::npos) << config_json(options);
  EXPECT_NE(toml.find("segments = true\n"), std::string::npos) << toml;
  const auto json = nlohmann::json::parse(config_json(options));
  EXPECT_EQ(json["camera"]["a"]["headers"]["X-API-Key"], "***");
}

TEST(ConfigText, ShowsThePasswordsFileAndNotThePassword) {
  Options options = read("--camera a=http://me@host/x");
  options.cameras[0].password_file = "/run/yard";
  options.cameras[0].password = "s3cret";
  for (const std::string& text : {config_toml(options), config_json(options)}) {
    EXPECT_NE(text.find("/run/yard"), std::string::npos) << text;
    EXPECT_EQ(text.find("s3cret"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace fanlight
