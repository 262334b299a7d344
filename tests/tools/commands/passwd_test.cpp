// SPDX-License-Identifier: Apache-2.0
#include "tools/commands/passwd.h"

#include <unistd.h>

#include <vector>

#include "core/fd.h"
#include "http/auth/password_hasher.h"
#include "tests/tools/commands/test_folder.h"
#include "tools/commands/auth_files.h"
#include "tools/flags/exit_code.h"

namespace fanlight {
namespace {

class Passwd : public TestFolder {
 protected:
  // "none", or "CODE: LINE" of an error.
  std::string run(const std::vector<std::string>& arguments,
                  const std::string& typed = "secret\n") {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const Fd out(ends[0]);
    {
      const Fd in(ends[1]);
      EXPECT_EQ(::write(in.get(), typed.data(), typed.size()), static_cast<ssize_t>(typed.size()));
    }
    try {
      run_passwd(arguments, out.get());
    } catch (const StartError& error) {
      return std::to_string(static_cast<int>(error.code())) + ": " + error.what();
    }
    return "none";
  }
};

TEST_F(Passwd, TheServerAcceptsWhatItWrites) {
  const std::string file = path("users");
  EXPECT_EQ(run({file, "anna"}), "none");
  EXPECT_EQ(run({file, "bob", "watch,control@front"}, "other\n"), "none");
  const std::vector<std::string> cameras = {"front"};
  auto users = read_users("--auth-file", file, cameras);
  ASSERT_EQ(users.size(), 2u);
  EXPECT_EQ(users.find("anna")->rights, Rights(kUsualRights));
  EXPECT_TRUE(users.find("bob")->rights.may(Right::control, 0));
  EXPECT_EQ(PasswordHasher().verify("secret", users.find("anna")->hash), true);
  EXPECT_EQ(PasswordHasher().verify("other", users.find("bob")->hash), true);
  EXPECT_EQ(run({file, "bob"}, "changed\n"), "none");
  users = read_users("--auth-file", file, cameras);
  EXPECT_EQ(PasswordHasher().verify("changed", users.find("bob")->hash), true);
  EXPECT_TRUE(users.find("bob")->rights.may(Right::control, 0)) << "rights stay";
}

TEST_F(Passwd, Mistakes) {
  const std::string file = path("users");
  EXPECT_TRUE(run({}).starts_with("64: passwd: FILE USER [RIGHTS] are expected"));
  EXPECT_TRUE(run({file}).starts_with("64: "));
  EXPECT_TRUE(run({file, "a", "watch", "more"}).starts_with("64: "));
  EXPECT_TRUE(run({file, "a:b"}).starts_with("64: passwd: user 'a:b': "));
  EXPECT_TRUE(run({file, "a", "see"}).starts_with("64: passwd: rights 'see': "));
  EXPECT_EQ(run({file, "a"}, ""), "64: passwd: the password is empty");
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_TRUE(run({path("none/users"), "a"}).starts_with("71: passwd: " + path("none/users")));
}

}  // namespace
}  // namespace fanlight
