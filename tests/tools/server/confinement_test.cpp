// SPDX-License-Identifier: Apache-2.0
#include "tools/server/confinement.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/sandbox/confined_child.h"
#include "tools/options/option_table.h"

namespace fanlight {
namespace {

// The server's options, with one camera.
Options options_with(const std::string& source) {
  Options options;
  options.cameras.emplace_back();
  options.cameras.back().name = "camera";
  options.cameras.back().source = source;
  return options;
}

bool has_use(const SandboxFiles& files, const std::string& path, FileUse use) {
  for (const SandboxFile& file : files.files()) {
    if (file.path == path && file.use == use) return true;
  }
  return false;
}

class ConfinementTest : public ::testing::Test {
 protected:
  Folder folder_;
};

TEST_F(ConfinementTest, WithoutACameraItReadsLibrariesAndListsDevices) {
  const SandboxFiles files = files_in_use(options_with("emulator"));
  EXPECT_TRUE(files.can_read("/usr/lib/x"));
  EXPECT_TRUE(files.can_read("/proc/self/statm"));
  EXPECT_TRUE(has_use(files, "/dev", FileUse::list));
  EXPECT_FALSE(has_use(files, "/dev", FileUse::devices));
  EXPECT_FALSE(files.can_read("/etc/shadow"));
  EXPECT_FALSE(files.can_read("/root/x"));
  EXPECT_FALSE(files.can_read("/home/x"));
  EXPECT_FALSE(files.can_read("/dev/mem"));
  EXPECT_FALSE(files.may_connect());
}

TEST_F(ConfinementTest, ADeviceThatReturnsIsANewFileInDev) {
  for (const char* source : {"v4l2:/dev/video0", "libcamera", "libcamera:0", "auto"}) {
    EXPECT_TRUE(has_use(files_in_use(options_with(source)), "/dev", FileUse::devices)) << source;
  }
}

TEST_F(ConfinementTest, ARelayConnectsAndResolves) {
  Options options = options_with("https://cam.example.org/stream");
  options.cameras[0].upstream.ca = folder_.file("ca.pem");
  const SandboxFiles files = files_in_use(options);
  EXPECT_TRUE(files.may_connect());
  EXPECT_TRUE(files.can_read("/etc/hosts"));
  EXPECT_TRUE(files.can_read("/etc/ssl/certs/x"));
  EXPECT_TRUE(files.can_read(folder_.path("ca.pem")));
}

TEST_F(ConfinementTest, APublisherConnectsAndReadsItsCredentials) {
  Options options = options_with("pattern");
  EXPECT_FALSE(files_in_use(options).may_connect());
  options.cameras[0].publish = "nats://bus.example.org/fanlight.yard";
  options.cameras[0].upstream.credentials = folder_.file("me.creds");
  const SandboxFiles files = files_in_use(options);
  EXPECT_TRUE(files.may_connect());
  EXPECT_TRUE(files.can_read("/etc/hosts"));
  EXPECT_TRUE(files.can_read(folder_.path("me.creds")));
  EXPECT_TRUE(files_in_use(options_with("nats://bus/fanlight.yard")).may_connect());
}

TEST_F(ConfinementTest, AFolderOfPicturesIsRead) {
  folder_.folder("a");
  folder_.folder("b");
  for (const char* kind : {"files:", "latest:"}) {
    const SandboxFiles files = files_in_use(options_with(kind + folder_.path("a")));
    EXPECT_TRUE(files.can_read(folder_.path("a/1.jpg"))) << kind;
    EXPECT_FALSE(files.can_read(folder_.path("b/1.jpg"))) << kind;
    EXPECT_TRUE(files.notes().empty());
  }
  const SandboxFiles file = files_in_use(options_with("latest:" + folder_.file("a/live.jpg")));
  EXPECT_TRUE(file.can_read(folder_.path("a/live.jpg")));
  EXPECT_FALSE(file.can_read(folder_.path("b/1.jpg")));
  const SandboxFiles later = files_in_use(options_with("latest:" + folder_.path("later")));
  EXPECT_TRUE(later.can_read(folder_.path("later/1.jpg")));
  EXPECT_EQ(later.notes().size(), 1u);
}

TEST_F(ConfinementTest, FilesOfOtherOptions) {
  Options options = options_with("emulator");
  options.stock_db = folder_.folder("db") + "/stock.db";
  options.access_log = folder_.folder("log") + "/access.log";
  options.listen.push_back(parse_listen_address("unix:" + folder_.folder("run") + "/sock"));
  options.admin_listen.push_back(parse_listen_address("unix:" + folder_.folder("adm") + "/sock"));
  const SandboxFiles files = files_in_use(options);
  EXPECT_TRUE(has_use(files, folder_.path("db"), FileUse::keep));
  EXPECT_TRUE(has_use(files, folder_.path("log"), FileUse::append));
  EXPECT_TRUE(has_use(files, folder_.path("run"), FileUse::remove));
  EXPECT_TRUE(has_use(files, folder_.path("adm"), FileUse::remove));
}

TEST_F(ConfinementTest, AReloadReadsTheConfigurationCertificatesAndPasswords) {
  Options options = options_with("http://me@10.0.0.7/");
  options.config_file = folder_.folder("etc") + "/fanlight.toml";
  options.tls_cert = folder_.folder("live") + "/fullchain.pem";
  options.tls_key = folder_.path("live/privkey.pem");
  options.auth_file = folder_.folder("users") + "/users";
  options.link_key = folder_.folder("keys") + "/link.key";
  options.cameras[0].password_file = folder_.folder("secret") + "/password";
  EXPECT_EQ(files_of_reload(options),
            (std::vector<std::string>{options.config_file, options.tls_cert, options.tls_key,
                                      options.auth_file, options.link_key,
                                      options.cameras[0].password_file}));
  const SandboxFiles files = files_in_use(options);
  for (const std::string& file : files_of_reload(options)) EXPECT_TRUE(files.can_read(file));
}

TEST_F(ConfinementTest, AReloadOfAFileOutsideIsRefused) {
  Options options = options_with("http://me@10.0.0.7/");
  options.cameras[0].password_file = folder_.folder("in") + "/password";
  options.sandbox = SandboxMode::on;
  EXPECT_EQ(in_child([&] {
              const Sandbox sandbox = enter_sandbox(options);
              check_reload(sandbox, options);
              Options next = options;
              next.cameras[0].password_file = "/root/password";
              try {
                check_reload(sandbox, next);
                return 1;
              } catch (const StartError& error) {
                const std::string expected =
                    "/root/password is outside of the sandbox; restart Fanlight";
                return error.what() == expected && error.code() == ExitCode::config ? 0 : 2;
              }
            }),
            0);
}

int refusal_of(const std::string& user, bool by_flag, const std::string& file) {
  CommandLine flags;
  if (by_flag) flags.settings.values.push_back({find_option("user"), user, "--user"});
  Options options = options_with("emulator");
  options.user = {user, ""};
  options.config_file = file;
  try {
    give_up_root(flags, options);
    return 0;
  } catch (const StartError& error) {
    return static_cast<int>(error.code());
  }
}

TEST_F(ConfinementTest, AnUnknownUserIsBlamedOnWhoNamedIt) {
  EXPECT_EQ(refusal_of("", false, ""), 0);
  EXPECT_EQ(refusal_of("no-such-user", true, "/etc/x.toml"), 64);
  EXPECT_EQ(refusal_of("no-such-user", false, "/etc/x.toml"), 78);
  EXPECT_EQ(refusal_of("no-such-user", false, ""), 64);
  EXPECT_EQ(refusal_of("root", true, ""), 64);
}

TEST_F(ConfinementTest, OnlyRootBecomesAnotherUser) {
  EXPECT_EQ(in_child([] {
              if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) return -1;
              return refusal_of("daemon", true, "");
            }),
            77);
}

}  // namespace
}  // namespace fanlight
