// SPDX-License-Identifier: Apache-2.0
#include "tools/server/tls_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/io/tls/test_certificate.h"
#include "tools/flags/exit_code.h"

namespace fanlight {
namespace {

Options with(const TestCertificate& files) {
  Options options;
  options.tls_cert = files.certificate();
  options.tls_key = files.key();
  return options;
}

TEST(TlsFiles, AreNotNeeded) {
  EXPECT_EQ(open_tls({}), nullptr);
}

TEST(TlsFiles, AreReadAtTheStartOrItFails) {
  const TestCertificate files;
  Options options = with(files);
  EXPECT_NE(open_tls(options), nullptr);
  options.tls_key = "/nowhere";
  try {
    open_tls(options);
    FAIL() << "accepted";
  } catch (const StartError& error) {
    EXPECT_EQ(error.code(), ExitCode::config);
    EXPECT_STREQ(error.what(), "--tls-key /nowhere: No such file or directory");
  }
}

TEST(TlsFiles, AWarningNamesAKeyThatEveryoneCanRead) {
  const TestCertificate files;
  ASSERT_EQ(::chmod(files.key().c_str(), 0644), 0);
  testing::internal::CaptureStderr();
  EXPECT_NE(open_tls(with(files)), nullptr);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("chmod o-r " + files.key()),
            std::string::npos);
  ASSERT_EQ(::chmod(files.key().c_str(), 0640), 0);
  testing::internal::CaptureStderr();
  EXPECT_NE(open_tls(with(files)), nullptr);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(TlsFiles, AReloadSaysWhatBecameOfIt) {
  const TestCertificate files;
  ASSERT_EQ(::chmod(files.key().c_str(), 0600), 0);
  const auto certificate = open_tls(with(files));
  testing::internal::CaptureStderr();
  reload_tls(*certificate, with(files));
  EXPECT_NE(testing::internal::GetCapturedStderr().find("was read again"), std::string::npos);
  std::ofstream(files.key()) << "none";
  testing::internal::CaptureStderr();
  reload_tls(*certificate, with(files));
  EXPECT_NE(testing::internal::GetCapturedStderr().find("the old certificate stays in force"),
            std::string::npos);
}

}  // namespace
}  // namespace fanlight
