// SPDX-License-Identifier: Apache-2.0
#include "tools/options/password_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>

#include "tools/flags/exit_code.h"

namespace fanlight {
namespace {

class PasswordFileTest : public testing::Test {
 protected:
  PasswordFileTest() {
    char name[] = "/tmp/password_XXXXXX";
    folder_ = ::mkdtemp(name);
    ::unsetenv("CREDENTIALS_DIRECTORY");
  }
  ~PasswordFileTest() override {
    ::unsetenv("CREDENTIALS_DIRECTORY");
    std::filesystem::remove_all(folder_);
  }

  std::string write(const std::string& text, const std::string& name = "yard") {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  // The complaint about a camera with this file; empty: none.
  static std::string complaint(const std::string& file) {
    std::vector<CameraOptions> cameras{{.name = "plain", .source = "pattern"},
                                       {.name = "yard", .source = "http://me@h/"}};
    cameras[1].password_file = file;
    try {
      read_passwords(cameras);
    } catch (const StartError& error) {
      EXPECT_EQ(error.code(), ExitCode::config);
      return error.what();
    }
    return {};
  }

  std::filesystem::path folder_;
};

TEST_F(PasswordFileTest, HoldsOneLine) {
  for (const char* text : {"s3cret", "s3cret\n", "s3cret\r\n"}) {
    EXPECT_EQ(read_password(write(text)), "s3cret");
  }
  EXPECT_EQ(read_password(write(" two words \xc3\xa4\n")), " two words \xc3\xa4");
  const std::string longest(kPasswordBytesMax, 'x');
  EXPECT_EQ(read_password(write(longest + "\n")), longest);
}

TEST_F(PasswordFileTest, ARelativeNameIsACredential) {
  EXPECT_EQ(password_path("/run/secrets/yard"), "/run/secrets/yard");
  ::setenv("CREDENTIALS_DIRECTORY", folder_.c_str(), 1);
  EXPECT_EQ(password_path("yard"), (folder_ / "yard").string());
  write("s3cret\n");
  std::vector<CameraOptions> cameras{{.name = "yard", .source = "http://me@h/"}};
  cameras[0].password_file = "yard";
  read_passwords(cameras);
  EXPECT_EQ(cameras[0].password, "s3cret");
}

TEST_F(PasswordFileTest, ErrorsNameTheCameraTheFileAndTheCause) {
  const std::string missing = folder_ / "none";
  EXPECT_EQ(complaint(missing),
            "camera.yard.password-file: " + missing + ": No such file or directory");
  EXPECT_EQ(complaint(folder_),
            "camera.yard.password-file: " + folder_.string() + ": Is a directory");
  EXPECT_NE(complaint("yard").find("yard: a name without / at its beginning is a credential"),
            std::string::npos);
  for (const auto& [text, cause] :
       {std::pair<std::string, std::string>{"", "there is no password in it"},
        {"\n", "there is no password in it"},
        {"s3cret\nmore\n", "one line without control characters is expected"},
        {std::string("s3cret\0x", 8), "one line without control characters is expected"},
        {std::string(kPasswordBytesMax, 's') + "3cret", "longer than 1024 bytes"}}) {
    const std::string path = write(text);
    EXPECT_EQ(complaint(path), "camera.yard.password-file: " + path + ": " + cause);
  }
}

TEST_F(PasswordFileTest, KnowsWhoMayReadAFile) {
  const std::string path = write("x");
  std::filesystem::permissions(path, std::filesystem::perms(0640));
  EXPECT_FALSE(is_readable_by_all(path));
  std::filesystem::permissions(path, std::filesystem::perms(0644));
  EXPECT_TRUE(is_readable_by_all(path));
  EXPECT_FALSE(is_readable_by_all(path + "-none"));
}

}  // namespace
}  // namespace fanlight
