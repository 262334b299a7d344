// SPDX-License-Identifier: Apache-2.0
#include "tools/commands/auth_files.h"

#include <system_error>
#include <vector>

#include "tests/http/auth/hashes.h"
#include "tests/tools/commands/test_folder.h"
#include "tools/flags/exit_code.h"

namespace fanlight {
namespace {

// "CODE: LINE" of the StartError.
template <class Read>
std::string error_of(Read read) {
  try {
    read();
  } catch (const StartError& error) {
    return std::to_string(static_cast<int>(error.code())) + ": " + error.what();
  }
  return "none";
}

class AuthFiles : public TestFolder {};

TEST_F(AuthFiles, Users) {
  write("users", "anna:" + kBcrypt + ":control@yard\n");
  const std::vector<std::string> cameras = {"front", "yard"};
  const auto users = read_users("--auth-file", path("users"), cameras);
  EXPECT_TRUE(users.find("anna")->rights.may(Right::control, 1));
  EXPECT_EQ(
      error_of([&] { read_users("--auth-file", path("users"), {}); }),
      "78: --auth-file " + path("users") + ": line 1: there is no camera of the name behind '@'");
  EXPECT_EQ(error_of([&] { read_users("--auth-file", path("none"), {}); }),
            "78: --auth-file " + path("none") + ": No such file or directory");
  EXPECT_EQ(error_of([&] { read_users("--auth-file", folder.string(), {}); }),
            "78: --auth-file " + folder.string() + ": Is a directory");
}

TEST_F(AuthFiles, Keys) {
  write("key", "0123456789abcdef0123456789abcdef\n");
  EXPECT_FALSE(read_link_keys("--link-key", path("key")).empty());
  write("key", "\nshort\n");
  EXPECT_EQ(error_of([&] { read_link_keys("--link-key", path("key")); }),
            "78: --link-key " + path("key") +
                ": line 2: a key has 32 to 512 characters; openssl rand -base64 32 makes one");
}

TEST_F(AuthFiles, AreBounded) {
  write("file", std::string(10'000, 'x'));
  EXPECT_EQ(read_small_file(path("file"), 10'000).size(), 10'000u);
  EXPECT_THROW(read_small_file(path("file"), 9'999), std::system_error);
  EXPECT_THROW(read_small_file("/dev/zero", 1 << 20), std::system_error);
}

}  // namespace
}  // namespace fanlight
